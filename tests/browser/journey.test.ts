import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newPlace, PROJECT, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess, Place } from "../support/gateway-process.ts";
import { launchBrowser, reasonToSkipBrowser, skipNote } from "./browser.ts";
import { accessibilityFaults, prepareAxe, sidewaysOverflow, watchConduct } from "./page-checks.ts";

const NARROW = { width: 390, height: 844 };
const WIDE = { width: 1440, height: 900 };
/** With MOLTBOT_SCREENSHOTS=1 the pictures of the README are taken on the way. */
const pictures = process.env["MOLTBOT_SCREENSHOTS"] === "1" ? join(PROJECT, "docs", "images") : null;

describe.skipIf(reasonToSkipBrowser !== null)(
  `a person, a browser and a real gateway${skipNote}`,
  { timeout: 60_000 },
  () => {
    let place: Place;
    let gateway: GatewayProcess;
    let browser: Browser;

    beforeAll(async () => {
      place = newPlace();
      gateway = await startGatewayProcess(place);
      browser = await launchBrowser();
      if (pictures !== null) mkdirSync(pictures, { recursive: true });
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await gateway.kill("SIGTERM");
      place.remove();
    });

    const open = async (
      viewport: typeof WIDE,
      colorScheme: "light" | "dark",
    ): Promise<{ readonly context: BrowserContext; readonly page: Page; readonly conduct: readonly string[] }> => {
      const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: pictures === null ? 1 : 2 });
      await prepareAxe(context);
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const conduct = await watchConduct(page, gateway.url);
      const link = await gateway.client.call("links.create", {});
      if (!link.ok) throw new Error(link.error.code);
      await page.goto(link.value.url);
      await page.getByRole("textbox", { name: /Message to/ }).waitFor();
      return { context, page, conduct };
    };

    const anew = async (page: Page): Promise<void> => {
      const start = page.getByRole("button", { name: "New conversation" });
      if (await start.first().isVisible()) await start.first().click();
    };

    const write = async (page: Page, text: string): Promise<void> => {
      const composer = page.getByRole("textbox", { name: /Message to/ });
      await composer.fill(text);
      // A page that is still sending, or opening a conversation, takes no Enter; the text stays, or goes with what was open before.
      for (let tries = 0; tries < 40; tries += 1) {
        await composer.press("Enter");
        if ((await composer.inputValue()) === "") break;
        await page.waitForTimeout(250);
      }
      const isThere = await page
        .getByText(text, { exact: true })
        .first()
        .waitFor({ timeout: 8_000 })
        .then(
          () => true,
          () => false,
        );
      if (isThere) return;
      await composer.fill(text);
      await composer.press("Enter");
    };

    const picture = async (page: Page, name: string): Promise<void> => {
      if (pictures !== null) await page.screenshot({ path: join(pictures, `${name}.png`) });
    };

    it("signs in once by the printed link, which then is used up", async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(gateway.link);
      await page.getByRole("textbox", { name: /Message to/ }).waitFor();
      expect(page.url()).not.toContain("code=");
      const cookies = await context.cookies();
      expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Strict" }]);
      await context.close();
      const again = await browser.newContext();
      const second = await again.newPage();
      await second.goto(gateway.link);
      await second.getByText("./moltbot open").first().waitFor();
      expect(await again.cookies()).toEqual([]);
      await again.close();
    });

    it.each([
      ["light", "1440", WIDE, "stretch", 3],
      ["dark", "1440", WIDE, "water the plants", 4],
      ["light", "390", NARROW, "call mom", 5],
      ["dark", "390", NARROW, "feed the cat", 6],
    ] as const)(
      "asks before a reminder is set, and sets it when allowed (%s, %s px)",
      async (scheme, width, viewport, what, times) => {
        const { context, page, conduct } = await open(viewport, scheme);
        await anew(page);
        // Another one each time: in a narrow page the conversation before is still there.
        await write(page, `what is 17 * ${String(times)}`);
        await page
          .getByText(`The answer is ${String(17 * times)}.`)
          .first()
          .waitFor();
        const before = await gateway.client.call("reminders.list", {});
        await write(page, `remind me in 10 minutes to ${what}`);
        const card = page.locator(".card").last();
        await card.getByRole("button", { name: "Allow once" }).waitFor();
        await picture(page, `chat-${scheme}-${width}`);
        expect(await accessibilityFaults(page)).toEqual([]);
        expect(await sidewaysOverflow(page)).toBe(0);
        const during = await gateway.client.call("reminders.list", {});
        expect(during).toEqual(before);

        await card.getByRole("button", { name: "Allow once" }).press("Enter");
        await page.getByText(`Okay, I will remind you in 10 minutes to ${what}.`).first().waitFor();
        const after = await gateway.client.call("reminders.list", {});
        expect(after.ok && before.ok && after.value.length - before.value.length).toBe(1);
        expect(await accessibilityFaults(page)).toEqual([]);
        expect(conduct).toEqual([]);
        await context.close();
      },
    );

    it("changes a call before it is allowed, and that is what runs", async () => {
      const { context, page, conduct } = await open(NARROW, "light");
      await anew(page);
      await write(page, "remind me in 10 minutes to buy bread");
      const card = page.locator(".card").last();
      await card.getByRole("button", { name: "Change it before allowing" }).click();
      await card.locator(".edit input").first().fill("25");
      await picture(page, "card-light-390");
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await sidewaysOverflow(page)).toBe(0);
      await card
        .getByRole("button", { name: /^Allow/ })
        .first()
        .click();
      await page.getByText("Okay, I will remind you in 10 minutes to buy bread.").first().waitFor();
      const reminders = await gateway.client.call("reminders.list", { state: "scheduled" });
      const bread = reminders.ok ? reminders.value.find(({ text }) => text === "buy bread") : undefined;
      if (bread === undefined) throw new Error("no reminder");
      const minutes = (Date.parse(bread.dueAt) - Date.parse(bread.createdAt)) / 60_000;
      expect(Math.round(minutes)).toBe(25);
      expect(conduct).toEqual([]);
      await context.close();
    });

    it("turns a question into a rule with limits of its own, and asks no more where it holds", async () => {
      const { context, page, conduct } = await open(WIDE, "dark");
      await anew(page);
      await write(page, "remind me in 5 minutes to stand up");
      await page.getByRole("button", { name: "Always allow…" }).click();
      const dialog = page.getByRole("dialog", { name: "Always allow this" });
      await dialog.getByText("Would have allowed").waitFor();
      await picture(page, "always-dark-1440");
      expect(await accessibilityFaults(page)).toEqual([]);
      await dialog.getByRole("button", { name: "Always allow" }).click();
      await page.getByText("Okay, I will remind you in 5 minutes to stand up.").last().waitFor();
      await write(page, "remind me in 5 minutes to stand up");
      await expect
        .poll(() => page.getByText("Okay, I will remind you in 5 minutes to stand up.").count(), { timeout: 10_000 })
        .toBeGreaterThan(1);
      expect(conduct).toEqual([]);
      await context.close();
    });

    it("stops everything by one press and goes on when the owner says so", async () => {
      const { context, page, conduct } = await open(WIDE, "light");
      await anew(page);
      await write(page, "remind me in 10 minutes to wash the car");
      await page.locator(".card").last().getByRole("button", { name: "Allow once" }).waitFor();
      await page.getByRole("button", { name: /^Stop/ }).first().click();
      await page.getByText("Everything is stopped").first().waitFor();
      await picture(page, "stopped-light-1440");
      expect(await accessibilityFaults(page)).toEqual([]);
      const stopped = await gateway.client.call("system.status", {});
      expect(stopped).toMatchObject({ ok: true, value: { stopped: { surface: "web" }, pendingApprovals: 0 } });
      await page.getByRole("button", { name: "Resume…" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Resume", exact: true }).click();
      await expect
        .poll(async () => {
          const status = await gateway.client.call("system.status", {});
          return status.ok && status.value.stopped === null;
        })
        .toBe(true);
      await write(page, "what is 6 * 7");
      await page.getByText("The answer is 42.").first().waitFor();
      expect(conduct).toEqual([]);
      await context.close();
    });

    it("shows a reminder that fires while the page is open", async () => {
      const { context, page } = await open(WIDE, "light");
      await write(page, "remind me in 1 minutes to drink water");
      const card = page.locator(".card").last();
      await card.getByRole("button", { name: "Allow once" }).click();
      await page.getByText("Okay, I will remind you in 1 minutes to drink water.").first().waitFor();
      await expect
        .poll(
          async () => {
            const fired = await gateway.client.call("reminders.list", { state: "fired" });
            return fired.ok ? fired.value.length : 0;
          },
          { timeout: 75_000, interval: 1_000 },
        )
        .toBe(1);
      await expect
        .poll(() => page.locator("main").innerText(), { timeout: 5_000 })
        .toMatch(/drink water[\s\S]*drink water[\s\S]*drink water/);
      await context.close();
    }, 120_000);
  },
);
