import { createDeviceKey, pairDevice } from "@moltbot/client";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newPlace, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess, Place } from "../support/gateway-process.ts";
import { must } from "../support/must.ts";
import { launchBrowser, reasonToSkipBrowser, skipNote } from "./browser.ts";
import { accessibilityFaults } from "./page-checks.ts";
import { goTo, openOverview, openWatchedPage } from "./watched-page.ts";

describe.skipIf(reasonToSkipBrowser !== null)(
  `two people, two browsers and a real gateway${skipNote}`,
  { timeout: 60_000 },
  () => {
    let place: Place;
    let gateway: GatewayProcess;
    let browser: Browser;
    let owner: Page;
    let anna: Page;
    const conduct: (readonly string[])[] = [];

    const enter = async (link: string): Promise<Page> => {
      const { page, conduct: seen } = await openWatchedPage(browser, gateway.url);
      conduct.push(seen);
      await page.goto(link);
      await page.locator(".welcome h2").waitFor();
      return page;
    };
    const go = (page: Page, name: "People" | "Sign-ins"): Promise<Locator> => goTo(page, name);

    beforeAll(async () => {
      place = newPlace();
      gateway = await startGatewayProcess(place);
      browser = await launchBrowser();
      owner = await enter(gateway.link);
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await gateway.kill("SIGTERM");
      place.remove();
    });

    it("invites Anna by a link, which makes her a member who sees nothing of the owner’s", async () => {
      const people = await go(owner, "People");
      await people.getByRole("button", { name: "Invite somebody" }).click();
      await people.getByRole("textbox", { name: "Name" }).fill("Anna");
      await people.getByRole("button", { name: "Make the link" }).click();
      const link = await people.locator(".once code").innerText();
      expect(must(await gateway.client.call("people.list", {})).map(({ name, state }) => [name, state])).toContainEqual(
        ["Anna", "invited"],
      );
      anna = await enter(link);
      await anna.getByRole("heading", { name: "No agent yet" }).waitFor();
      await owner.keyboard.press("Escape");
      await go(owner, "People");
      await people.locator("li.person").filter({ hasText: "Anna" }).getByText("Added today.").waitFor();
      expect(await accessibilityFaults(owner)).toEqual([]);
      await owner.keyboard.press("Escape");
      const hers = await go(anna, "People");
      await hers.getByText("An admin or the owner invites", { exact: false }).waitFor();
      expect(await hers.getByRole("button", { name: /^(Change|Invite|Make)/ }).count()).toBe(0);
      expect(await accessibilityFaults(anna)).toEqual([]);
      await anna.keyboard.press("Escape");
    });

    it("shares an agent with everyone; Anna talks to it at once, in a conversation of her own", async () => {
      const panel = await openOverview(owner);
      await panel.getByText("Private: for you alone").waitFor();
      await panel.getByRole("button", { name: /^Sharing of/ }).click();
      const share = owner.locator("share-dialog dialog");
      await share.getByRole("button", { name: "Share it…" }).click();
      await share.getByRole("combobox").selectOption({ label: "Everyone in the house" });
      await share.getByRole("button", { name: "Share it", exact: true }).click();
      await share.getByText("Shared with everyone in the house", { exact: true }).waitFor();
      expect(await accessibilityFaults(owner)).toEqual([]);
      await owner.keyboard.press("Escape");

      await anna.getByRole("heading", { name: "What can I do for you?" }).waitFor();
      await (await openOverview(anna)).getByText("Shared with you", { exact: false }).waitFor();
      await anna.keyboard.press("Escape");
      const composer = anna.getByRole("textbox", { name: /Message to/ });
      await composer.fill("what is 19 * 3");
      await composer.press("Enter");
      // What its owner allowed it counts for nobody else: she is asked herself.
      await anna.locator("approval-card").getByRole("button", { name: "Allow" }).first().click();
      await anna.getByText("The answer is 57.").first().waitFor();
      expect(must(await gateway.client.call("conversations.list", {}))).toEqual([]);
      expect(await owner.content()).not.toContain("19 * 3");
    });

    it("marks this browser, signs another one out, makes a token, and pairs and ends a device", async () => {
      const second = await enter(must(await gateway.client.call("links.create", {})).url);
      const signIns = await go(owner, "Sign-ins");
      const browsers = signIns.getByRole("list", { name: "Browsers" });
      await browsers.getByText("Another browser").waitFor();
      expect(await browsers.getByText("This browser").count()).toBe(1);
      await browsers.getByRole("button", { name: /^Sign out the browser/ }).click();
      await signIns.getByText("1 browser was signed out.").waitFor();
      await second.getByText("You were signed out", { exact: false }).waitFor();

      await signIns.getByRole("button", { name: "Make a token" }).click();
      await signIns.getByRole("textbox", { name: "Name", exact: true }).fill("Feed reader");
      await signIns.getByRole("button", { name: "Make it" }).click();
      const text = await signIns.locator(".once code").innerText();
      await signIns.getByText("For only messages.send", { exact: false }).waitFor();
      expect(must(await gateway.client.call("tokens.list", {}))).toContainEqual(
        expect.objectContaining({ name: "Feed reader", role: "member", lastUsedAt: null }),
      );
      await signIns.getByRole("button", { name: "Pair a device" }).click();
      await signIns.locator("#device-code").waitFor();
      const code = await signIns.locator(".once.large .command code").first().innerText();
      expect(code).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
      expect(await accessibilityFaults(owner)).toEqual([]);
      const webCrypto = globalThis.crypto;
      const keys = await createDeviceKey(webCrypto);
      must(await pairDevice({ origin: gateway.url, keys, webCrypto }, { code, name: "Laptop" }));
      await signIns.getByText("It is paired.").waitFor();
      await signIns.getByRole("button", { name: "End the device Laptop" }).click();
      await signIns.getByRole("button", { name: "End it" }).click();
      await signIns.getByText("Laptop is ended.").waitFor();
      expect(must(await gateway.client.call("devices.list", {}))).toMatchObject([
        { name: "Laptop", revokedAt: expect.any(String) as unknown },
      ]);
      await owner.keyboard.press("Escape");
      await expect.poll(() => owner.content()).not.toContain(text);
    });

    it("suspends Anna: her page ends at once and says so", async () => {
      const people = await go(owner, "People");
      await people.getByRole("button", { name: "Change Anna" }).click();
      await people.getByRole("button", { name: "Suspend…" }).click();
      await people.getByRole("button", { name: "Suspend", exact: true }).click();
      await anna.getByRole("heading", { name: /You are suspended|Sign in/ }).waitFor({ timeout: 2000 });
      expect(await anna.getByRole("heading", { level: 1 }).innerText()).toBe("You are suspended");
      expect(await anna.content()).not.toContain("The answer is 57.");
      await people.getByText("Anna is suspended.").waitFor();
      expect(conduct.flat()).toEqual([]);
    });
  },
);
