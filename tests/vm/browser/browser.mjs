// Drives one browser: what to do comes on standard input, one line of JSON for each: a page's URL, and the button to press. What the page shows then is
// printed, one line of JSON for each.
//   node browser.mjs chromium|firefox
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

// Emulation is slow, and slower on a busy computer.
const PATIENCE = 900_000;

const browsers = {
  chromium: {
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--password-store=basic"],
  },
  // By WebDriver BiDi, without geckodriver.
  firefox: {
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    args: [],
  },
};

const browser = await puppeteer.launch({ ...browsers[process.argv[2]], headless: true, timeout: PATIENCE, protocolTimeout: PATIENCE });
const [page = await browser.newPage()] = await browser.pages();
page.setDefaultTimeout(PATIENCE);
console.log(JSON.stringify({ browser: await browser.version() }));

for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { url, button } = JSON.parse(line);
    await page.goto(url);
    // WebAuthn wants the page in front, Firefox before it is asked.
    await page.bringToFront();
    await page.click(`#${button}`);
    await page.waitForFunction(() => document.getElementById("result")?.textContent !== "null", { polling: 200 });
    console.log(await page.evaluate(() => JSON.stringify({ title: document.title, ...JSON.parse(document.getElementById("result").textContent) })));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
await browser.close();
