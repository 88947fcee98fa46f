// Measures pages with Lighthouse's mobile preset, in one browser. An address a line comes in;
// a line of JSON goes out for each. bookkit/commands/lighthouse.py asks, and keeps the answers.
import readline from "node:readline";

import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [chromePath, ...chromeFlags] = process.argv.slice(2);
const chrome = await launch({ chromePath, chromeFlags: ["--headless=new", ...chromeFlags] });

// What cost a category points: the audits that count and are not perfect.
function lost(report) {
  const counted = Object.values(report.categories).flatMap((category) => category.auditRefs)
    .filter((part) => part.weight > 0 && part.group !== "metrics");
  return [...new Set(counted.map((part) => part.id))]
    .filter((id) => report.audits[id].score !== null && report.audits[id].score < 1)
    .sort();
}

function answer(report) {
  if (report.runtimeError) return { error: report.runtimeError.message };
  const scores = Object.fromEntries(Object.values(report.categories)
    .map(({ id, score }) => [id, score === null ? null : Math.round(score * 100)]));
  const shown = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"];
  return {
    scores,
    lost: lost(report),
    metrics: Object.fromEntries(shown.map((id) => [id, report.audits[id].numericValue])),
    lighthouse: report.lighthouseVersion,
    browser: report.environment.hostUserAgent.match(/Chrome\/(\d+)/)?.[1] ?? "",
  };
}

const flags = {
  port: chrome.port,
  onlyCategories: ["performance", "accessibility", "best-practices", "seo"],
  logLevel: "silent",
};
try {
  for await (const address of readline.createInterface({ input: process.stdin })) {
    const run = await lighthouse(address, flags);
    process.stdout.write(`${JSON.stringify(answer(run.lhr))}\n`);
  }
} finally {
  chrome.kill();
}
