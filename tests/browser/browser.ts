import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = PLACES.find((path) => existsSync(path));
const wanted = process.env["CI"] === "true" || process.env["MOLTBOT_TESTS"] === "all";

/** Why browser tests cannot run here, or null when they can. It belongs in the title of whatever is skipped. */
export const reasonToSkipBrowser: string | null = !wanted
  ? "skipped: set MOLTBOT_TESTS=all (or CI=true) to run browser tests"
  : executablePath === undefined
    ? "skipped: no Chromium here; scripts/install-browser.sh installs it"
    : null;

/** What a title says about it; empty when the tests run. */
export const skipNote = reasonToSkipBrowser === null ? "" : ` (${reasonToSkipBrowser})`;

/** Starts the system's Chromium, which asks nobody for anything. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
