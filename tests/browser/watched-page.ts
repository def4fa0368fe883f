import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { prepareAxe, watchConduct } from "./page-checks.ts";

export interface Viewport {
  readonly width: number;
  readonly height: number;
}
export const NARROW: Viewport = { width: 390, height: 844 };
export const WIDE: Viewport = { width: 1440, height: 900 };
/** Every width and theme in which screens are looked at, and what the name of their pictures ends with. */
export const WIDTHS_AND_THEMES = [
  ["390 px, light", NARROW, "light", "390-light"],
  ["390 px, dark", NARROW, "dark", "390-dark"],
  ["1440 px, light", WIDE, "light", "1440-light"],
  ["1440 px, dark", WIDE, "dark", "1440-dark"],
] as const;

/** A page, and what it did against its own policy or asked of strangers until now. */
export interface WatchedPage {
  readonly page: Page;
  readonly conduct: readonly string[];
}

/** An empty page of a browser context of its own, with axe in it and its conduct watched. */
export const openWatchedPage = async (
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = { viewport: WIDE },
): Promise<WatchedPage> => {
  const context = await browser.newContext(options);
  await prepareAxe(context);
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  return { page, conduct: await watchConduct(page, origin) };
};

/** Opens the overview. */
export const openOverview = async (page: Page): Promise<Locator> => {
  await page.getByRole("button", { name: "Overview and settings" }).click();
  const overview = page.getByRole("dialog", { name: "Overview" });
  await overview.waitFor();
  return overview;
};

/** Goes to a page that the overview leads to, and waits until what it shows is loaded. */
export const goTo = async (page: Page, name: string): Promise<Locator> => {
  await (await openOverview(page)).getByRole("button", { name, exact: true }).click();
  const dialog = page.getByRole("dialog", { name });
  await dialog.getByText("Loading…").first().waitFor({ state: "detached" });
  return dialog;
};
