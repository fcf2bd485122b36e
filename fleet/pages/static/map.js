// The map of the grid, by Leaflet, drawn from the service's own GeoJSON: which colour an area has, and what it says, is in the answer.

const BORDERS = "township";
// Of the picture: how far it can be moved and made smaller.
const AROUND = 0.3;

export class GridMap {
  constructor(holder) {
    this.holder = holder;
    this.map = null;
    this.features = null;
    this.layers = new Map();
    this.said = new Map();
    this.level = null;
    this.within = "";
    this.chosen = null;
  }

  // answer: of /live/map/values.json. within: the area that the page is about, "" for the district. loadAreas: asks for the ground.
  async draw(answer, within, loadAreas) {
    if (answer.level === null) return;
    const shown = Object.entries(answer.areas);
    const isKnown = this.features && shown.every(([id]) => this.features.has(id) || this.withoutGround.has(id));
    if (!isKnown) await this.load(loadAreas, shown);
    this.said = new Map(shown.map(([id, [, text]]) => [id, text]));
    this.open();
    if (answer.level !== this.level || within !== this.within || !isKnown) this.lay(answer.level, within);
    for (const [id, layer] of this.layers) {
      const [mark] = answer.areas[id] || ["beyond"];
      layer.getElement().setAttribute("class", `leaflet-interactive ground ${mark}`);
    }
  }

  async load(loadAreas, shown) {
    const { features } = await loadAreas();
    this.features = new Map(features.map((one) => [one.id, one]));
    this.withoutGround = new Set(shown.map(([id]) => id).filter((id) => !this.features.has(id)));
  }

  open() {
    if (this.map) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = L.map(this.holder, {
      attributionControl: false, zoomControl: false, scrollWheelZoom: false, zoomSnap: 0.25, zoomAnimation: !still, fadeAnimation: false,
      // A finger moves the page; two move the map.
      dragging: !L.Browser.mobile, renderer: L.svg({ padding: 0.5 }),
    });
    L.control.zoom({ zoomInTitle: this.holder.dataset.zoomIn, zoomOutTitle: this.holder.dataset.zoomOut }).addTo(this.map);
  }

  lay(level, within) {
    this.level = level;
    this.within = within;
    for (const layer of [...this.layers.values(), this.borders, this.chosen]) layer?.remove();
    this.layers.clear();
    const all = [...this.features.values()];
    const fit = this.features.has(within) ? [this.features.get(within)] : all;
    // A view comes first: what is drawn before it has no place.
    const bounds = L.geoJSON(fit).getBounds();
    this.map.setMaxBounds(null).setMinZoom(0).fitBounds(bounds, { animate: false, padding: [8, 8] });
    L.geoJSON(all.filter((one) => one.properties.level === level), { onEachFeature: (one, layer) => this.layers.set(one.id, this.area(one, layer)) });
    this.borders = L.geoJSON(all.filter((one) => one.properties.level === BORDERS), { interactive: false, style: { className: "border" } }).addTo(this.map);
    this.chosen = this.features.has(within) ? L.geoJSON(fit, { interactive: false, style: { className: "chosen" } }).addTo(this.map) : null;
    const whole = L.geoJSON(all).getBounds().pad(AROUND);
    this.map.setMaxBounds(whole).setMinZoom(this.map.getBoundsZoom(whole));
  }

  area(feature, layer) {
    layer.setStyle({ className: "ground" });
    // A node, never a text that could be markup.
    layer.bindTooltip(() => told(feature.properties.name, this.said.get(feature.id)), { sticky: true });
    layer.on("click", () => location.assign(areaAddress(feature.id)));
    return layer.addTo(this.map);
  }
}

function told(name, text) {
  const node = document.createElement("span");
  node.textContent = text ? `${name}: ${text}` : name;
  return node;
}

// The page of that area, on the level below; what else was chosen stays.
function areaAddress(id) {
  const address = new URL(location);
  for (const name of ["level", "cells", "page", "site"]) address.searchParams.delete(name);
  address.searchParams.set("area", id);
  return address.href;
}
