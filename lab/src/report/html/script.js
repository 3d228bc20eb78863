"use strict";
(() => {
  const texts = document.getElementById("main").dataset;

  // What few readers want stands in templates, which cost nothing until they are opened.
  const fill = (details) => {
    const template = details.querySelector(":scope > template");
    if (!template) return;
    template.replaceWith(template.content);
    offerCopies(details);
  };

  const copy = async (code, button) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // A page from a disk may have no clipboard; what is selected can always be copied.
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = texts.copied;
    setTimeout(() => { button.textContent = texts.copy; }, 2000);
  };

  const offerCopies = (within) => {
    for (const place of within.querySelectorAll(".copy:not(:has(button))")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = texts.copy;
      button.title = `${texts.copy}: ${place.dataset.what}`;
      button.ariaLive = "polite";
      button.addEventListener("click", () => copy(place.firstElementChild, button));
      place.append(button);
    }
  };

  const filter = document.getElementById("filter");
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const items = (kind) => [...document.querySelectorAll(kind)].map((item) => ({ item, text: fold(`${item.textContent} ${item.dataset.words ?? ""}`) }));
  const kinds = {
    findings: { all: items(".finding"), by: filter.elements.gravity, of: "gravity" },
    scenarios: { all: items(".scenario"), by: filter.elements.standing, of: "standing" },
  };
  const said = filter.querySelector("output");

  const apply = () => {
    const wanted = fold(filter.elements.search.value).split(/\s+/);
    const active = wanted.join("") || filter.elements.gravity.value || filter.elements.standing.value;
    const counts = Object.entries(kinds).map(([name, { all, by, of }]) => {
      let shown = 0;
      for (const { item, text } of all) {
        item.hidden = !(wanted.every((word) => text.includes(word)) && (!by.value || item.dataset[of] === by.value));
        if (item.hidden) continue;
        shown += 1;
        const folded = active && item.parentElement.closest("details");
        if (folded) folded.open = true;
      }
      return said.dataset[name].replace("{shown}", shown).replace("{all}", all.length);
    });
    said.textContent = active ? counts.join(" ") : "";
  };

  // A link to something that is folded or filtered away opens it.
  const reveal = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    if (place.closest("[hidden]")) {
      filter.reset();
      apply();
    }
    for (let details = place.closest("details"); details; details = details.parentElement.closest("details")) {
      fill(details);
      details.open = true;
    }
    place.scrollIntoView();
  };

  document.addEventListener("toggle", (event) => { if (event.target.open) fill(event.target); }, true);
  filter.addEventListener("input", apply);
  filter.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  filter.hidden = false;
  offerCopies(document);
  if (location.hash) reveal();
})();
