// Opens pages in Chromium and says what it finds there, as JSON: an object for each page.
//   node page.mjs CHROMIUM FILE...
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const [chromium, ...files] = process.argv.slice(2);
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
// Root may not use the sandbox, and a container often has no /dev/shm worth the name.
const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844, isMobile: true, hasTouch: true };

function counted() {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
  let nodes = 0;
  while (walker.nextNode()) nodes += 1;
  return { nodes, overflow: document.documentElement.scrollWidth - window.innerWidth };
}

// Each element that the Tab key reaches.
async function tabStops(page) {
  await page.evaluate(() => { window.reached = new Set(); });
  for (let stops = 0; ; stops += 1) {
    await page.keyboard.press("Tab");
    const last = await page.evaluate(() => {
      const at = document.activeElement;
      if (at === document.body || window.reached.has(at)) return true;
      window.reached.add(at);
      return false;
    });
    if (last || stops > 1000) return stops;
  }
}

// What is folded may hold more that is folded.
async function openAll(page) {
  for (;;) {
    const opened = await page.evaluate(async () => {
      const closed = document.querySelectorAll("details:not([open])");
      for (const details of closed) details.open = true;
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return closed.length;
    });
    if (opened === 0) return;
  }
}

// In the dark only colours are others.
async function barriers(page, scheme) {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  const options = { resultTypes: ["violations"], ...(scheme === "dark" && { runOnly: ["color-contrast"] }) };
  const { violations, passes } = await page.evaluate((options) => window.axe.run(document, options), options);
  if (passes.length === 0) throw new Error("axe looked at nothing");
  return violations.map(({ id, nodes }) => `${scheme}: ${id}: ${nodes.length}: ${nodes.slice(0, 3).map((node) => node.html).join(" | ")}`);
}

async function used(page) {
  return page.evaluate(() => {
    const shown = (kind) => [...document.querySelectorAll(kind)].filter((item) => !item.hidden).length;
    const { elements: fields } = document.getElementById("filter");
    const type = (name, value) => {
      fields[name].value = value;
      fields[name].dispatchEvent(new Event("input", { bubbles: true }));
    };
    const all = shown(".scenario");
    type("search", "double tap");
    const searched = shown(".scenario");
    type("search", "");
    type("standing", "failed");
    const failed = shown(".scenario");
    document.getElementById("filter").reset();
    type("search", "");
    return { all, searched, failed, copies: document.querySelectorAll(".copy button").length };
  });
}

// Runs of three English words, but for code and for what is marked as English: names, and what the relying party and the transcript say.
function english() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const runs = [];
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    if (parentElement.closest("code, pre, script, .fields, [lang=en]")) continue;
    runs.push(...(data.match(/\b[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}/g) ?? []));
  }
  return [...new Set(runs)];
}

async function revealed(page, file) {
  const places = await page.evaluate(() => [...document.querySelectorAll(".scenario")].map((row) => row.id));
  const place = places[places.length - 1];
  await page.goto(`file://${file}#${place}`);
  return page.evaluate((id) => {
    const row = document.getElementById(id);
    return row.open && row.querySelector(".played") !== null && row.getBoundingClientRect().top < innerHeight;
  }, place);
}

const found = [];
for (const file of files) {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => errors.push(message.text()));
  page.on("request", (request) => { if (!request.url().startsWith("file:")) errors.push(request.url()); });
  await page.setViewport(DESKTOP);
  await page.goto(`file://${file}`);
  const { nodes, overflow: wide } = await page.evaluate(counted);
  const stops = await tabStops(page);
  const pdf = Buffer.from(await page.pdf({ format: "A4" })).toString("latin1");
  const pages = pdf.match(/\/Type\s*\/Page\b(?!s)/g).length;
  const use = await used(page);
  await page.setViewport(PHONE);
  const { overflow: phone } = await page.evaluate(counted);
  await openAll(page);
  const { overflow: phoneOpen } = await page.evaluate(counted);
  await page.setViewport(DESKTOP);
  await page.evaluate(axe);
  const englishRuns = await page.evaluate(english);
  const violations = [...await barriers(page, "light"), ...await barriers(page, "dark")];
  const reveals = await revealed(page, file);
  await page.setJavaScriptEnabled(false);
  await page.goto(`file://${file}`);
  const withoutScripts = await page.$$eval(".finding, .scenario", (items) => items.filter((item) => item.checkVisibility()).length);
  found.push({ nodes, stops, pages, overflow: Math.max(wide, phone, phoneOpen), violations, errors, english: englishRuns, reveals, withoutScripts, ...use });
  await page.close();
}
await browser.close();
console.log(JSON.stringify(found));
