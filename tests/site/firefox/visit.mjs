// Shows pages to one Firefox, one after the other, and does on some what a reader does. In, as
// JSON: {firefox, addresses}, by the pages' names. Out: for each page what was wrong there and
// what a reader's deeds showed. tests/site/test_firefox.py asks, and says what it expects.
import { text } from "node:stream/consumers";

import puppeteer from "puppeteer-core";

// Milliseconds that a page has to answer; a busy machine is slow, not wrong.
const PATIENCE = 60_000;
// Milliseconds without a request after which a page has asked for all that it needs.
const QUIET = 100;
const DEEDS = {
  "book/interactive.html": moveFigures,
  "book/notation.html": searchFromTheHeader,
  "notebooks/03_formula.html": openDefinition,
};

const { firefox, addresses } = JSON.parse(await text(process.stdin));
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: firefox,
  defaultViewport: { width: 1280, height: 900 },
  timeout: PATIENCE,
});
const page = await browser.newPage();
page.setDefaultTimeout(PATIENCE);
let host;
let seen;

page.on("request", (request) => {
  const url = new URL(request.url());
  if (url.host !== host && !["data:", "blob:"].includes(url.protocol)) seen.outside.push(url.href);
});
page.on("requestfailed", (request) => seen.errors.push(`failed ${request.url()}`));
page.on("response", (answer) => {
  if (answer.status() >= 400) seen.errors.push(`${answer.status()} ${answer.url()}`);
});
page.on("pageerror", (error) => seen.errors.push(String(error)));
page.on("console", (said) => {
  if (["error", "warn"].includes(said.type())) seen.errors.push(said.text());
});
// What the page's policy stops is not asked for; Firefox tells only the page of it.
await page.evaluateOnNewDocument(() => {
  addEventListener("securitypolicyviolation", (event) => {
    console.error(`${event.violatedDirective} stops ${event.blockedURI} ${event.sample}`);
  });
});

/** All that a reader would scroll to is there, and nothing more is asked for. */
async function settled() {
  await page.evaluate(async () => {
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map((image) => image.decode()));
    await document.fonts.ready;
  });
  await page.waitForNetworkIdle({ idleTime: QUIET });
}

/** What each figure says before and after each key on its first control. */
async function moveFigures() {
  const moved = {};
  for (const figure of await page.$$("figure:has(.explore)")) {
    const control = await figure.waitForSelector(".xe :is(input[type=range], [role=slider])");
    const shown = () => figure.evaluate(async (node) => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      await frame();
      await frame();
      return node.innerText;
    });
    await control.evaluate((node) => node.focus());
    const steps = [await shown()];
    for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft"]) {
      await page.keyboard.press(key);
      steps.push(await shown());
    }
    moved[await figure.evaluate((node) => node.id)] = steps;
  }
  return moved;
}

/** The titles of what the book's search finds for a word. */
async function searchFromTheHeader() {
  await page.type("#site-search", "entropy");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await page.waitForSelector("#search-results a");
  return page.$$eval("#search-results a", (links) => links.map((link) => link.textContent));
}

/** A definition's words under the pointer, and whether Escape closes it. */
async function openDefinition() {
  const link = await page.$("main a[aria-describedby^='definition-']");
  const tip = await page.$(`#${await link.evaluate((node) => node.getAttribute("aria-describedby"))}`);
  const isOpen = () => tip.evaluate((node) => node.checkVisibility());
  const before = await isOpen();
  await link.hover();
  await page.waitForSelector(".definition:popover-open");
  const [during, words] = [await isOpen(), await tip.evaluate((node) => node.innerText)];
  await page.keyboard.press("Escape");
  return { words, open: [before, during, await isOpen()] };
}

async function visit(name, address) {
  host = new URL(address).host;
  seen = { errors: [], outside: [] };
  try {
    await page.goto(address);
    await settled();
    seen.shown = await DEEDS[name]?.();
    await settled();
  } catch (error) {
    seen.errors.push(String(error));
  }
  return seen;
}

try {
  const visits = {};
  for (const [name, address] of Object.entries(addresses)) {
    visits[name] = await visit(name, address);
  }
  console.log(JSON.stringify(visits));
} finally {
  await browser.close();
}
