// Drives one browser: what to do comes on standard input, one line of JSON for each: the page's URL, the form's settings, the button to press, and for how
// many milliseconds to wait. What the page shows then is printed, one line of JSON for each. The browser's own log goes to standard error.
//   node browser.mjs LAUNCH     with puppeteer's launch options as JSON
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const launch = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({ ...launch, protocolTimeout: launch.timeout });
browser.process()?.stderr?.pipe(process.stderr);
browser.process()?.stdout?.pipe(process.stderr);
// Not the tab that the browser starts with: there, Firefox leaves the focus in the address bar, and WebAuthn is refused to a page that has not the focus.
let page = await browser.newPage();
console.log(JSON.stringify({ browser: await browser.version() }));

async function open(url) {
  if (!page.url().startsWith(url)) await page.goto(url);
  // WebAuthn wants the page in front, Firefox before it is asked.
  await page.bringToFront();
}

// The button's own click: a mouse waits for frames, and these take seconds under emulation.
function press(settings, button) {
  const form = document.getElementById("form");
  form.reset();
  for (const [name, value] of Object.entries(settings)) {
    const field = form.elements[name];
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  }
  document.getElementById("result").textContent = "null";
  document.getElementById(button).click();
}

const look = () => ({ title: document.title, focused: document.hasFocus(), result: document.getElementById("result")?.textContent });

for await (const line of createInterface({ input: process.stdin })) {
  const { url, settings, button, limit } = JSON.parse(line);
  page.setDefaultTimeout(limit);
  try {
    await open(url);
    await page.evaluate(press, settings, button);
    await page.waitForFunction(() => document.getElementById("result").textContent !== "null" && !document.querySelector("button:disabled"), { polling: 200 });
    const { title, result } = await page.evaluate(look);
    console.log(JSON.stringify({ title, ...JSON.parse(result) }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error), page: await page.evaluate(look).catch(String) }));
    // What nobody answers goes with its page. Not the last one, with which the browser goes.
    const left = page;
    page = await browser.newPage().catch(() => left);
    if (page !== left) await left.close().catch(() => {});
  }
}
await browser.close();
