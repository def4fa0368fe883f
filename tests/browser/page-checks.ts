import { createRequire } from "node:module";
import type { BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Puts axe into every page of the context before the page's own scripts; its policy stays in force. */
export const prepareAxe = async (context: BrowserContext): Promise<void> => {
  await context.addInitScript({ path: axePath });
};

/** Accessibility faults of what the page shows now, one line each; empty when it is clean. */
export const accessibilityFaults = async (page: Page): Promise<readonly string[]> => {
  const violations = await page.evaluate<readonly AxeViolation[]>(
    `axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(TAGS)} } }).then((result) => result.violations)`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} — ${failureSummary}`),
  );
};

/** How far the page is wider than its window, in pixels; 0 when nothing hangs out. */
export const sidewaysOverflow = (page: Page): Promise<number> =>
  page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

/** Fails where what the page shows is not accessible or hangs out of its window; `screen` names it. */
export const expectClean = async (page: Page, screen: string): Promise<void> => {
  const found = await accessibilityFaults(page);
  expect({ screen, found, overflow: await sidewaysOverflow(page) }).toEqual({ screen, found: [], overflow: 0 });
};

/** A short description of the element that has the focus. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(
    "(() => { const it = document.activeElement; return `${it.tagName.toLowerCase()}.${it.className}`; })()",
  );

/** What the page did against its own policy or asked of strangers; collected from now on. */
export const watchConduct = async (page: Page, origin: string): Promise<readonly string[]> => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted|violat/i.test(message.text())) faults.push(`policy: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) faults.push(`stranger: ${url}`);
  });
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => console.error('Content Security Policy', event.violatedDirective, event.blockedURI))",
  );
  return faults;
};
