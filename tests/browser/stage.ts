import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Role } from "@moltbot/contracts";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startMockGateway } from "../../packages/web/testing/mock-gateway.ts";
import type { MockGateway, MockOptions } from "../../packages/web/testing/mock-gateway.ts";
import { launchBrowser } from "./browser.ts";
import { buildWebApp } from "./build-web-app.ts";
import { NARROW, openWatchedPage } from "./watched-page.ts";
import type { Viewport, WatchedPage } from "./watched-page.ts";

/** The web app, a browser, and a gateway that is not real: one of each test, which takes it down. */
export interface Stage {
  /** Says what runs around the tests; called inside their `describe`. */
  readonly prepare: () => void;
  readonly startGateway: (options: Omit<MockOptions, "webDirectory">) => Promise<MockGateway>;
  /** An empty page of this width and theme; the narrow one is a phone's. */
  readonly openPage: (
    viewport: Viewport,
    colorScheme: "light" | "dark",
    options: BrowserContextOptions,
  ) => Promise<Page>;
  /** Signs somebody of this role in, the owner when nothing is said, where others live too. */
  readonly enterHouse: (
    viewport: Viewport,
    scale: number,
    colorScheme?: "light" | "dark",
    role?: Role,
  ) => Promise<{ readonly gateway: MockGateway; readonly page: Page }>;
  /** Closes the page and its gateway. */
  readonly clear: () => Promise<void>;
}

export const createStage = (name: string): Stage => {
  let folder = "";
  let browser: Browser | null = null;
  let gateway: MockGateway | null = null;
  let watched: WatchedPage | null = null;

  const clear = async (): Promise<void> => {
    const leaving = { gateway, watched };
    gateway = null;
    watched = null;
    const conduct = leaving.watched?.conduct ?? [];
    // Whatever a test does, the page keeps its own policy and talks to nobody else.
    if (conduct.length > 0) throw new Error(conduct.join("\n"));
    await leaving.watched?.page.context().close();
    await leaving.gateway?.close();
  };

  const startGateway: Stage["startGateway"] = async (options) => {
    gateway = await startMockGateway({ webDirectory: folder, ...options });
    return gateway;
  };
  const openPage: Stage["openPage"] = async (viewport, colorScheme, options) => {
    if (browser === null || gateway === null) throw new Error("a page needs a browser and a gateway");
    const small = viewport.width === NARROW.width;
    const origin = gateway.url;
    watched = await openWatchedPage(browser, origin, {
      viewport,
      colorScheme,
      hasTouch: small,
      isMobile: small,
      ...options,
    });
    return watched.page;
  };

  return {
    startGateway,
    openPage,
    clear,
    prepare() {
      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), `moltbot-${name}-`));
        buildWebApp(folder);
        browser = await launchBrowser();
      }, 60_000);
      afterAll(async () => {
        await browser?.close();
        await rm(folder, { recursive: true, force: true });
      });
      afterEach(clear);
    },
    async enterHouse(viewport, scale, colorScheme = "light", role = "owner") {
      const house = await startGateway({ pace: 1, role, inhabited: true });
      const page = await openPage(viewport, colorScheme, { deviceScaleFactor: scale });
      await page.goto(house.link());
      await page.locator(".welcome h2").waitFor();
      return { gateway: house, page };
    },
  };
};
