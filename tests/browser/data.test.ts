import { readFile } from "node:fs/promises";
import { ErasureCertificate } from "@moltbot/contracts";
import type { Download, Locator, Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { MockGateway } from "../../packages/web/testing/mock-gateway.ts";
import { reasonToSkipBrowser, skipNote } from "./browser.ts";
import { expectClean, focused } from "./page-checks.ts";
import { picturesOf } from "./pictures.ts";
import { createStage } from "./stage.ts";
import { NARROW, WIDE, WIDTHS_AND_THEMES } from "./watched-page.ts";
import type { Viewport } from "./watched-page.ts";

const pictures = picturesOf([
  "data-1440-light",
  "data-390-dark",
  "erase-1440-dark",
  "keys-1440-light",
  "locked-390-light",
  "search-1440-light",
]);

const stage = createStage("data");
let gateway: MockGateway;
let page: Page;

const open = async (viewport: Viewport, colorScheme: "light" | "dark" = "light"): Promise<void> => {
  page = await stage.openPage(viewport, colorScheme, { deviceScaleFactor: pictures.scale, acceptDownloads: true });
  await page.goto(gateway.link());
  await page.getByRole("heading", { name: "What can I do for you?" }).waitFor();
};
const composer = () => page.getByRole("textbox", { name: "Message to Molty" });
const conversation = () => page.getByRole("region", { name: "Conversation with Molty" });
const write = async (text: string): Promise<void> => {
  await composer().fill(text);
  await composer().press("Enter");
};
const talk = async (): Promise<void> => {
  await write("what is 12 * 12");
  await conversation().getByText("The answer is 144.").waitFor();
};
const go = async (name: "Your data" | "Keys and backups"): Promise<Locator> => {
  await page.getByRole("button", { name: "Overview and settings" }).click();
  await page.getByRole("button", { name, exact: true }).click();
  const dialog = page.getByRole("dialog", { name });
  await dialog.waitFor();
  return dialog;
};
const erasing = () => page.locator("erase-dialog dialog");
const saved = async (act: () => Promise<void>): Promise<{ readonly name: string; readonly text: string }> => {
  const waiting = page.waitForEvent("download");
  await act();
  const download: Download = await waiting;
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
};
const look = (screen: string): Promise<void> => expectClean(page, screen);
const picture = (name: string): Promise<void> => pictures.take(page, name);
const filesFold = (count: number) =>
  page.locator(".attached > summary").filter({ hasText: new RegExp(`^\\s*${count} files?, `) });
const file = (name: string, text: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
const chooseFiles = async (...files: readonly ReturnType<typeof file>[]): Promise<void> => {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach files" }).click();
  await (await chooser).setFiles([...files]);
};

describe.skipIf(reasonToSkipBrowser !== null)(`the pages about data and keys${skipNote}`, () => {
  stage.prepare();
  beforeEach(async () => {
    gateway = await stage.startGateway({ pace: 1 });
  });

  describe.each(WIDTHS_AND_THEMES)("at %s", (_width, viewport, theme, name) => {
    it("are accessible and fit, screen by screen", async () => {
      await open(viewport, theme);
      gateway.begin("remind me about the ferry tickets", "Two tickets for the 18:40 ferry to Amrum are in the mail.");
      gateway.begin("what did Anna say about Thursday", "Anna asks you to dinner at seven, after the ferry.");
      await talk();
      if (viewport === WIDE) {
        await page.getByRole("searchbox", { name: "Find messages" }).fill("ferry");
        await page.keyboard.press("Enter");
        await page.getByText("3 messages, newest first").waitFor();
        await look("messages that were found");
        await picture(`search-${name}`);
        await page.getByRole("searchbox", { name: "Find messages" }).fill("");
      }
      await chooseFiles(file("receipt.txt", "12.50"), file("itinerary.pdf", "x".repeat(40_000)));
      await filesFold(2).click();
      await look("files of a conversation");
      await picture(`files-${name}`);
      await filesFold(2).click();

      const data = await go("Your data");
      await data.getByText("About you", { exact: true }).waitFor();
      await look("your data");
      await picture(`data-${name}`);
      await data.locator(".kept-thing summary").nth(1).click();
      await data.getByText("About nobody", { exact: false }).click();
      await look("your data, opened");
      await page.evaluate("document.querySelectorAll('.kept-thing')[1].scrollIntoView({ block: 'center' })");
      await picture(`data-open-${name}`);
      await data.getByRole("button", { name: /^Erase the conversation what is/ }).click();
      await erasing().getByText("This goes, for good").waitFor();
      await look("erasing");
      await picture(`erase-${name}`);
      await erasing().getByRole("textbox").fill("what is 12 * 12");
      await erasing().getByRole("button", { name: "Erase for good" }).click();
      await erasing().getByRole("heading", { name: "It is erased" }).waitFor();
      await look("erased");
      await picture(`erased-${name}`);
      await erasing().getByRole("button", { name: "Done" }).click();
      await data.getByRole("button", { name: /^Download the certificate/ }).waitFor();
      await look("your data, after an erasure");
      await data.getByRole("button", { name: "Close your data" }).click();

      const keys = await go("Keys and backups");
      await keys.getByText("audit head").waitFor();
      await look("keys");
      await picture(`keys-${name}`);
      await keys.getByRole("button", { name: "Make a recovery code…" }).click();
      await look("keys, asking for the passphrase");
      await keys.getByLabel("The passphrase as it is now").fill("violet canary");
      await keys.getByRole("button", { name: "Make the code" }).click();
      await keys.getByRole("button", { name: "Copy the recovery code" }).waitFor();
      await look("keys, with a recovery code");
      await picture(`recovery-${name}`);
      await keys.getByRole("button", { name: "I have put it away" }).click();
      await keys.getByRole("button", { name: "Replace the value of mail-password" }).click();
      await look("keys, replacing a secret");
      await picture(`secret-${name}`);
      await keys.getByRole("button", { name: "Cancel" }).click();
      await keys.getByRole("button", { name: "Lock now" }).click();
      await page.getByRole("heading", { name: "Moltbot is locked" }).waitFor();
      await look("locked");
      await picture(`locked-${name}`);
    }, 90_000);
  });

  it("erases a conversation with the keyboard alone, after its name was typed, and keeps the proof", async () => {
    await open(WIDE);
    await talk();
    await page.getByRole("button", { name: "Overview and settings" }).press("Enter");
    await page.getByRole("button", { name: "Your data" }).press("Enter");
    await page.getByRole("button", { name: "Erase the conversation what is 12 * 12…" }).press("Enter");
    await erasing().getByText("This goes, for good").waitFor();
    await expect.poll(() => focused(page)).toContain("input");
    const text = await erasing().innerText();
    expect(text).toContain("Nobody can undo this");
    expect(text).toContain("/media/stick/keyring-2026-11-02.mbk");
    await page.keyboard.type("something else");
    await page.keyboard.press("Enter");
    await erasing().getByRole("alert").waitFor();
    expect(await erasing().getByRole("alert").innerText()).toContain("Nothing was erased");
    expect(gateway.requests).not.toContain("POST /v2/privacy/erase");
    await look("a wrong name");
    expect(await focused(page)).toContain("input");
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("What is 12 * 12");
    await page.keyboard.press("Enter");
    await erasing().getByRole("heading", { name: "It is erased" }).waitFor();
    await expect.poll(() => focused(page)).toContain("h2");
    const certificate = await saved(async () => {
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
    });
    expect(certificate.name).toMatch(/^erasure-.+\.json$/);
    expect(ErasureCertificate.parse(JSON.parse(certificate.text)).subject.kind).toBe("conversation");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Download the certificate of/ }).waitFor();
    await expect.poll(() => page.evaluate<string>("document.activeElement.id")).toBe("data-conversations");
    await page.keyboard.press("Escape");
    await expect.poll(() => focused(page)).toContain("icon-button");
    await expect.poll(() => page.locator("body").innerText()).not.toMatch(/12 \* 12|144/);
    await page.getByRole("heading", { name: "What can I do for you?" }).waitFor();
  }, 30_000);

  it("hands out a conversation, and everything about a person, as files", async () => {
    await open(NARROW);
    await talk();
    const data = await go("Your data");
    const one = await saved(() => data.getByRole("button", { name: /^Export the conversation/ }).click());
    expect(one.name).toMatch(/^moltbot-conversation-.+\.zip$/);
    const all = await saved(() => data.getByRole("button", { name: "Export everything about me" }).click());
    expect(all.name).toMatch(/^moltbot-person-.+\.zip$/);
    expect(all.text).toMatch(/^PK of /);
    await expect.poll(() => data.getByRole("status").first().innerText()).toContain("Saved.");
  }, 30_000);

  it("attaches files by choosing, dropping and pasting, and names the limit when one is too large", async () => {
    await open(WIDE);
    await chooseFiles(file("first.txt", "before any message"));
    await page.getByText("goes along with your first message", { exact: true }).waitFor();
    expect(gateway.requests.some((line) => line.includes("/attachments"))).toBe(false);
    await talk();
    await filesFold(1).waitFor();
    await page.getByRole("button", { name: "Attach files" }).waitFor();
    await page.evaluate(
      `for (const [type, name] of [["drop", "dropped.txt"], ["paste", "pasted.txt"]]) {
        const data = new DataTransfer();
        data.items.add(new File(["from elsewhere"], name, { type: "text/plain" }));
        const event = type === "drop" ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
          : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector(type === "drop" ? ".scroll" : "#composer-input").dispatchEvent(event);
      }`,
    );
    const list = page.getByRole("list", { name: "Files of this conversation" });
    await filesFold(3).waitFor();
    if (!(await list.isVisible())) await page.locator(".attached > summary").press("Enter");
    await list.getByText("pasted.txt").waitFor();
    const back = await saved(() => list.getByRole("button", { name: "Download dropped.txt" }).click());
    expect(back).toEqual({ name: "dropped.txt", text: "from elsewhere" });
    await chooseFiles(file("film.bin", "x".repeat(1_048_577)));
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").innerText()).toContain("“film.bin” has 1 MB; 1 MB is the most.");
    await look("a file that is too large");
    await list.getByRole("button", { name: "Remove pasted.txt" }).press("Enter");
    await list.getByRole("button", { name: "Remove it" }).press("Enter");
    await list.getByText("pasted.txt").waitFor({ state: "detached" });
    expect(gateway.requests.filter((line) => line.startsWith("DELETE /v2/attachments/"))).toHaveLength(1);
    await look("files of a conversation");
  }, 40_000);

  it("keeps nothing of what is typed: passphrases and values leave the page with the request", async () => {
    await open(WIDE);
    const keys = await go("Keys and backups");
    await keys.getByRole("button", { name: "Change the passphrase…" }).click();
    expect(await focused(page)).toContain("input");
    await keys.getByLabel("The passphrase as it is now").fill("violet canary");
    await keys.getByLabel("The new passphrase").fill("yellow canary");
    await keys.getByLabel("Once more").fill("yellow finch");
    await keys.getByRole("button", { name: "Change it" }).click();
    await keys.getByText("The two new passphrases differ.").waitFor();
    expect(gateway.requests).not.toContain("POST /v2/vault/passphrase");
    for (const field of await keys.locator("input[type=password]").all()) expect(await field.inputValue()).toBe("");
    await keys.getByLabel("The passphrase as it is now").fill("wrong");
    await keys.getByLabel("The new passphrase").fill("yellow canary");
    await keys.getByLabel("Once more").fill("yellow canary");
    await keys.getByRole("button", { name: "Change it" }).click();
    await keys.getByText("does not open the vault").waitFor();
    await keys.getByLabel("The passphrase as it is now").fill("violet canary");
    await keys.getByLabel("The new passphrase").fill("yellow canary");
    await keys.getByLabel("Once more").fill("yellow canary");
    await keys.getByRole("button", { name: "Change it" }).click();
    await keys.getByText("The passphrase was changed.").waitFor();

    await keys.getByRole("button", { name: "Add a secret" }).click();
    await keys.getByRole("textbox", { name: "Name" }).fill("new-api");
    await keys.getByRole("textbox", { name: "Value", exact: true }).fill("sk-canary-1");
    await keys.getByLabel(/It may be sent/).fill("nowhere");
    await keys.getByRole("button", { name: "Store it" }).click();
    await keys.getByRole("alert").waitFor();
    expect(await keys.getByRole("textbox", { name: "Value", exact: true }).inputValue()).toBe("");
    await look("a secret that was not taken");
    await keys.getByRole("textbox", { name: "Value", exact: true }).fill("sk-canary-2");
    await keys.getByLabel(/It may be sent/).fill("api.new.example");
    await keys.getByRole("button", { name: "Store it" }).click();
    await keys.getByText("api.new.example", { exact: false }).waitFor();
    const state = await page.evaluate<string>(
      "JSON.stringify([...document.querySelectorAll('moltbot-app, vault-keys, secret-list, keys-dialog')].map((it) => Object.fromEntries([...it.constructor.elementProperties.keys()].map((key) => [key, it[key]]))))",
    );
    expect(state).toContain("new-api");
    expect(state + (await page.content())).not.toContain("canary");
    await keys.getByRole("button", { name: "Remove the secret new-api" }).click();
    await keys.getByRole("button", { name: "Remove it" }).click();
    await keys.getByText("api.new.example", { exact: false }).waitFor({ state: "detached" });
  }, 40_000);

  it("shows a recovery code once", async () => {
    await open(WIDE);
    const keys = await go("Keys and backups");
    await keys.getByRole("button", { name: "Make a recovery code…" }).click();
    await keys.getByLabel("The passphrase as it is now").fill("violet canary");
    await page.keyboard.press("Enter");
    await keys.getByText("MB1-7KQ2").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.content()).not.toContain("MB1-7KQ2");
    await go("Keys and backups");
    await keys.getByText("your passphrase and a recovery code").waitFor();
    expect(await page.content()).not.toContain("MB1-7KQ2");
  }, 30_000);

  it("makes copies, tells which are older than the keyring, and accounts for schedules", async () => {
    await open(WIDE);
    const keys = await go("Keys and backups");
    await keys.getByText("older than the keyring").waitFor();
    await keys.getByRole("button", { name: "Back up now" }).click();
    await keys.getByText("The backup is made.").waitFor();
    await keys.getByRole("button", { name: "Copy the keyring" }).click();
    await keys.getByText("The keyring is copied.", { exact: false }).waitFor();
    expect(await keys.locator("section", { hasText: "Backups" }).first().locator(".entries > li").count()).toBe(5);
    const schedules = await keys.locator("section", { hasText: "by itself" }).last().innerText();
    for (const word of ["audit head", "done", "missed", "skipped", "unknown"]) expect(schedules).toContain(word);
  }, 30_000);

  it("locks everything away from the screen, and opens again by the passphrase", async () => {
    await open(NARROW);
    await talk();
    const keys = await go("Keys and backups");
    await keys.getByRole("button", { name: "Lock now" }).click();
    await page.getByRole("heading", { name: "Moltbot is locked" }).waitFor();
    expect(await page.content()).not.toContain("144");
    await page.getByLabel("Passphrase or recovery code").fill("wrong");
    await page.getByRole("button", { name: "Unlock" }).click();
    await page.getByText("does not open the vault").waitFor();
    await look("locked, after a wrong passphrase");
    await page.getByLabel("Passphrase or recovery code").fill("violet canary");
    await page.getByRole("button", { name: "Unlock" }).click();
    await conversation().getByText("The answer is 144.").waitFor();
  }, 30_000);
});
