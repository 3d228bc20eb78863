// Drives one browser: opens each URL that comes on standard input, one a line, and prints what the page shows, one line of JSON for each.
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

for await (const url of createInterface({ input: process.stdin })) {
  try {
    await page.goto(url);
    // WebAuthn wants the page in front.
    await page.bringToFront();
    await page.waitForFunction(() => document.getElementById("result")?.textContent !== "null", { polling: 200 });
    console.log(await page.evaluate(() => JSON.stringify({ title: document.title, ...JSON.parse(document.getElementById("result").textContent) })));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
await browser.close();
