import { readFile } from "node:fs/promises";
import { strFromU8, unzipSync } from "fflate";
import { verifyCertificate } from "@moltbot/storage/audit";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newPlace, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess, Place } from "../support/gateway-process.ts";
import { must } from "../support/must.ts";
import { launchBrowser, reasonToSkipBrowser, skipNote } from "./browser.ts";
import { accessibilityFaults } from "./page-checks.ts";
import { openWatchedPage, WIDE } from "./watched-page.ts";

describe.skipIf(reasonToSkipBrowser !== null)(
  `a person's data and keys, in a browser and a real gateway${skipNote}`,
  { timeout: 60_000 },
  () => {
    let place: Place;
    let gateway: GatewayProcess;
    let browser: Browser;
    let page: Page;
    let conduct: readonly string[];

    beforeAll(async () => {
      place = newPlace({ limits: { attachmentBytes: 2048 } });
      gateway = await startGatewayProcess(place);
      browser = await launchBrowser();
      ({ page, conduct } = await openWatchedPage(browser, gateway.url, { viewport: WIDE, acceptDownloads: true }));
      page.setDefaultTimeout(15_000);
      await page.goto(gateway.link);
      await composer().waitFor();
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await gateway.kill("SIGTERM");
      place.remove();
    });

    const composer = (): Locator => page.getByRole("textbox", { name: /Message to/ });
    const go = async (name: "Your data" | "Keys and backups"): Promise<Locator> => {
      await page.getByRole("button", { name: "Overview and settings" }).click();
      await page.getByRole("button", { name, exact: true }).click();
      return page.getByRole("dialog", { name });
    };
    const attach = async (name: string, text: string): Promise<void> => {
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: "Attach files" }).click();
      await (await chooser).setFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
    };
    const saved = async (button: Locator): Promise<Buffer> => {
      const waiting = page.waitForEvent("download");
      await button.click();
      return readFile(await (await waiting).path());
    };

    it("keeps a file that goes along with the first message, and names the limit of one that does not fit", async () => {
      await attach("receipt.txt", "ferry 12.50");
      await composer().fill("what is 17 * 3");
      await composer().press("Enter");
      await page.getByText("The answer is 51.").first().waitFor();
      await page.locator(".attached > summary").filter({ hasText: "1 file" }).click();
      expect(String(await saved(page.getByRole("button", { name: "Download receipt.txt" })))).toBe("ferry 12.50");
      await attach("film.bin", "x".repeat(2049));
      await page.getByText("“film.bin” has 2 KB; 2 KB is the most.").waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
    });

    it("hands out a conversation as an archive with its words and its file", async () => {
      const data = await go("Your data");
      await data.getByText("About you", { exact: true }).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      const archive = unzipSync(await saved(data.getByRole("button", { name: /^Export the conversation/ })));
      const words = Object.entries(archive).map(([name, bytes]) => `${name} ${strFromU8(bytes)}`);
      expect(words.join("\n")).toContain("17 * 3");
      expect(words.some((text) => text.includes("ferry 12.50"))).toBe(true);
      await page.keyboard.press("Escape");
    });

    it("makes a backup, takes a secret in, and lists what the house does by itself", async () => {
      const keys = await go("Keys and backups");
      await keys.getByText("audit head").waitFor();
      await keys.getByRole("button", { name: "Back up now" }).click();
      await keys.getByText("The backup is made.").waitFor();
      expect(must(await gateway.client.call("backups.list", {}))).toMatchObject([{ kind: "backup", present: true }]);
      await keys.getByRole("button", { name: "Add a secret" }).click();
      await keys.getByRole("textbox", { name: "Name" }).fill("weather-api");
      await keys.getByRole("textbox", { name: "Value", exact: true }).fill("sk-canary");
      await keys.getByLabel(/It may be sent/).fill("api.weather.example");
      await keys.getByRole("button", { name: "Store it" }).click();
      await keys.getByText("never used", { exact: false }).waitFor();
      expect(must(await gateway.client.call("secrets.list", {}))).toMatchObject([
        { name: "weather-api", hosts: ["api.weather.example"] },
      ]);
      expect(await page.content()).not.toContain("canary");
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.keyboard.press("Escape");
    });

    it("seals the vault by a passphrase, locks it, and opens it by the recovery code that was shown once", async () => {
      const keys = await go("Keys and backups");
      await keys.getByRole("button", { name: "Seal it by a passphrase…" }).click();
      await keys.getByLabel("The new passphrase").fill("violet canary 17");
      await keys.getByLabel("Once more").fill("violet canary 17");
      await keys.getByRole("button", { name: "Change it" }).click();
      await keys.getByText("The passphrase was changed.").waitFor();
      await keys.getByRole("button", { name: "Make a recovery code…" }).click();
      await keys.getByLabel("The passphrase as it is now").fill("violet canary 17");
      await keys.getByRole("button", { name: "Make the code" }).click();
      const code = await keys.locator(".recovery-code code").innerText();
      await keys.getByRole("button", { name: "I have put it away" }).click();
      await keys.getByText("your passphrase and a recovery code").waitFor();
      await keys.getByRole("button", { name: "Lock now" }).click();
      await page.getByRole("heading", { name: "Moltbot is locked" }).waitFor();
      expect(await page.content()).not.toMatch(/17 \* 3|The answer/);
      await page.getByRole("radio", { name: "Recovery code" }).check();
      await page.getByLabel("Passphrase or recovery code").fill(code);
      await page.getByRole("button", { name: "Unlock" }).click();
      await page.getByText("The answer is 51.").first().waitFor();
    });

    it("erases the conversation, its file and its keys, and signs for it", async () => {
      const [conversation] = must(await gateway.client.call("conversations.list", {}));
      if (conversation === undefined) throw new Error("there is no conversation");
      const data = await go("Your data");
      await data.getByRole("button", { name: /^Erase the conversation/ }).click();
      const dialog = page.locator("erase-dialog dialog");
      await dialog.getByText("1 attached file").waitFor();
      await dialog.getByRole("textbox").fill(conversation.id.slice(-6));
      await page.keyboard.press("Enter");
      await dialog.getByRole("heading", { name: "It is erased" }).waitFor();
      const certificate: unknown = JSON.parse(
        String(await saved(dialog.getByRole("button", { name: "Download the certificate" }))),
      );
      const head = must(await gateway.client.call("audit.head", {}));
      expect(verifyCertificate(certificate, head.publicKey)).toBeNull();
      expect(certificate).toMatchObject({ subject: { id: conversation.id }, files: 1 });
      expect(must(await gateway.client.call("conversations.list", {}))).toEqual([]);
      const { hits } = must(await gateway.client.call("search.messages", { query: "answer" }));
      expect(hits).toEqual([]);
      await dialog.getByRole("button", { name: "Done" }).click();
      await data.getByRole("button", { name: /^Download the certificate of/ }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("heading", { name: "What can I do for you?" }).waitFor();
      expect(await page.content()).not.toContain("The answer is 51.");
      expect(conduct).toEqual([]);
    });
  },
);
