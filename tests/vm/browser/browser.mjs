// Drives one browser: what to do comes on standard input, one line of JSON for each: a page's URL, the button to press, and for how many milliseconds to
// wait. What the page shows then is printed, one line of JSON for each. The browser's own log goes to standard error.
//   node browser.mjs LAUNCH     with puppeteer's launch options as JSON
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const launch = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({ ...launch, protocolTimeout: launch.timeout });
browser.process()?.stderr?.pipe(process.stderr);
browser.process()?.stdout?.pipe(process.stderr);
console.log(JSON.stringify({ browser: await browser.version() }));

const looked = (page) => page.evaluate(() => ({ title: document.title, focused: document.hasFocus(), result: document.getElementById("result")?.textContent }));

for await (const line of createInterface({ input: process.stdin })) {
  const { url, button, limit } = JSON.parse(line);
  // Of its own: a dialog that nobody answers goes with its page. And in the tab that Firefox starts with the focus stays in the address bar, and WebAuthn is
  // refused to a page that has not the focus.
  const page = await browser.newPage();
  page.setDefaultTimeout(limit);
  try {
    await page.goto(url);
    // WebAuthn wants the page in front, Firefox before it is asked.
    await page.bringToFront();
    await page.click(`#${button}`);
    await page.waitForFunction(() => document.getElementById("result")?.textContent !== "null", { polling: 200 });
    const { title, result } = await looked(page);
    console.log(JSON.stringify({ title, ...JSON.parse(result) }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error), page: await looked(page).catch(String) }));
  }
}
await browser.close();
