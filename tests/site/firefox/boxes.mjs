// Does in one Firefox what a reader does in a box. In, as JSON: {firefox, addresses, box, wrong,
// endless}, the addresses by where the page comes from. Out: for each what was seen.
import { text } from "node:stream/consumers";

import puppeteer from "puppeteer-core";

const PATIENCE = 60_000;
const { firefox, addresses, box, wrong, endless } = JSON.parse(await text(process.stdin));
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: firefox,
  defaultViewport: { width: 1000, height: 900 },
  timeout: PATIENCE,
});

async function open(address, errors) {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (said) => {
    if (["error", "warn"].includes(said.type())) errors.push(said.text());
  });
  await page.evaluateOnNewDocument(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`${event.violatedDirective} stops ${event.blockedURI}`);
    });
  });
  await page.goto(address);
  await page.waitForSelector(`${box}.alive`);
  return page;
}

async function use(address) {
  const seen = { errors: [] };
  let page = await open(address, seen.errors);
  const value = () => page.$eval(`${box} textarea`, (area) => area.value);
  const write = async (program) => {
    await page.focus(`${box} textarea`);
    await page.$eval(`${box} textarea`, (area, now) => {
      area.setSelectionRange(0, area.value.length);
      document.execCommand("insertText", false, now);
    }, program);
  };
  const press = async (act) => {
    await page.$eval(`${box} [data-act=${act}]`, (button) => button.click());
    await page.waitForSelector(`${box}:not([aria-busy])`);
    return page.$eval(`${box} .code-box-said`, (said) => said.innerText);
  };
  seen.start = await value();
  seen.run = await press("run");
  await write(wrong);
  seen.check = await press("check");
  await write(endless);
  seen.stopped = await press("run");
  seen.left = await value();
  seen.again = await press("check").then(() => write(wrong)).then(() => press("check"));
  await page.focus(`${box} textarea`);
  await page.keyboard.press("Tab");
  seen.indented = await value();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  seen.focused = await page.evaluate(() => document.activeElement.dataset.act);
  await write(wrong);
  await page.close();
  page = await open(address, seen.errors);
  seen.found = await value();
  await press("reset");
  seen.reset = await value();
  await page.close();
  page = await open(address, seen.errors);
  await page.$eval(`${box} .code-box-offer button`, (button) => button.click());
  seen.back = await value();
  await page.close();
  return seen;
}

try {
  const seen = {};
  for (const [name, address] of Object.entries(addresses)) seen[name] = await use(address);
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
