import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { MockGateway } from "../../packages/web/testing/mock-gateway.ts";
import { PROJECT } from "../support/gateway-process.ts";
import { reasonToSkipBrowser, skipNote } from "./browser.ts";
import { accessibilityFaults, focused, sidewaysOverflow } from "./page-checks.ts";
import { createStage } from "./stage.ts";
import { NARROW, WIDE } from "./watched-page.ts";
import type { Viewport } from "./watched-page.ts";

/** High enough for a plan and its questions together. */
const TALL: Viewport = { width: 1440, height: 1440 };
/** With MOLTBOT_SCREENSHOTS=1 the pictures of the README are taken on the way. */
const pictures = process.env["MOLTBOT_SCREENSHOTS"] === "1" ? join(PROJECT, "docs", "images") : null;

const stage = createStage("web");
let gateway: MockGateway;
let page: Page;

/** Opens a page of its own, not yet signed in. */
const openPage = async (viewport: Viewport, colorScheme: "light" | "dark" = "light"): Promise<void> => {
  page = await stage.openPage(viewport, colorScheme, { deviceScaleFactor: pictures === null ? 1 : 2 });
};
const signIn = async (): Promise<void> => {
  await page.goto(gateway.link());
  await page.getByRole("heading", { name: "What can I do for you?" }).waitFor();
};
const picture = async (name: string): Promise<void> => {
  if (pictures === null) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
};
/** Lets a plan run until its questions wait together. */
const plan = async (): Promise<void> => {
  await write("Answer the invitation to Thursday's dinner, tell Bert too, and remind me");
  await page.getByRole("heading", { name: "3 questions for this task" }).waitFor();
};
const composer = () => page.getByRole("textbox", { name: "Message to Molty" });
const conversation = () => page.getByRole("region", { name: "Conversation with Molty" });
const card = () => page.locator(".card");
const write = async (text: string): Promise<void> => {
  await composer().fill(text);
  await composer().press("Enter");
};

describe.skipIf(reasonToSkipBrowser !== null)(`the web app${skipNote}`, () => {
  stage.prepare();
  beforeEach(async () => {
    gateway = await stage.startGateway({ pace: 2 });
  });

  describe.each([
    ["390 px", NARROW],
    ["1440 px", WIDE],
  ] as const)("at %s", (_width, viewport) => {
    it.each(["light", "dark"] as const)(
      "is accessible and fits in the %s theme, screen by screen",
      async (theme) => {
        await openPage(viewport, theme);
        const faults: Record<string, unknown> = {};
        const look = async (screen: string): Promise<void> => {
          const found = await accessibilityFaults(page);
          const overflow = await sidewaysOverflow(page);
          if (found.length > 0 || overflow > 0) faults[screen] = { found, overflow };
        };
        await page.goto(gateway.url);
        await page.getByRole("heading", { name: "Sign in" }).waitFor();
        await look("sign-in");
        await page.goto(`${gateway.url}/signin#code=an-old-and-used-code`);
        await page.getByRole("heading", { name: "This link no longer works" }).waitFor();
        await look("sign-in, link used");

        await page.goto("about:blank");
        await signIn();
        await look("empty conversation");
        await page.getByRole("button", { name: /remind me in 10 minutes/ }).click();
        await card().waitFor();
        await look("question");
        await page.getByRole("button", { name: "Deny with a reason" }).click();
        await look("question, giving a reason");
        await page.getByRole("button", { name: "Back" }).click();
        await page.getByRole("button", { name: "Always allow…" }).click();
        await page.getByRole("heading", { name: "Always allow this" }).waitFor();
        await look("question, always?");
        await page.getByRole("button", { name: "Cancel" }).click();
        await page.getByRole("button", { name: "Allow once" }).click();
        await conversation().getByText("Okay, I will remind you").waitFor();
        await look("question, answered");
        await write("show me markdown");
        await conversation().getByText("Nothing here was loaded").waitFor();
        gateway.fireReminder("stretch");
        await conversation().getByText("Reminder", { exact: true }).waitFor();
        await page.locator("summary").first().click();
        await look("conversation");
        await page.getByRole("button", { name: /^Demo/ }).click();
        await look("about the model");
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Overview and settings" }).click();
        await page
          .getByText("It asks every time", { exact: false })
          .or(page.getByText("it asks every time"))
          .first()
          .waitFor();
        await look("overview");
        await page.keyboard.press("Escape");
        if (viewport === NARROW) {
          await page.getByRole("button", { name: "Conversations" }).click();
          await page.getByRole("heading", { name: "Conversations" }).waitFor();
          await look("list of conversations");
          await page.keyboard.press("Escape");
        }
        gateway.dropEvents(true);
        await page.getByText("The connection is lost").waitFor();
        await write("fail");
        await page.getByRole("alert").waitFor();
        await look("errors");
        expect(faults).toEqual({});
      },
      60_000,
    );
  });

  describe.each([
    ["390 px, dark", { width: 390, height: 1440 }, "dark", "plan-dark-390"],
    ["1440 px, light", TALL, "light", "plan-light-1440"],
  ] as const)("a plan at %s", (_width, viewport, theme, name) => {
    it("shows each step as it is, asks on one card, and does what was allowed", async () => {
      await openPage(viewport, theme);
      await signIn();
      await plan();
      const steps = page.getByRole("list", { name: /Steps of the plan/ }).locator(".plan-step");
      expect(await steps.count()).toBe(5);
      expect(await steps.nth(2).innerText()).toContain("the organiser’s address, from step 2");
      expect(await steps.nth(1).innerText()).toContain("Hidden text: 6 characters that cannot be seen (tags)");
      expect(await steps.locator(".plan-state").allInnerTexts()).toEqual(
        ["Done", "Done"].concat(Array.from({ length: 3 }, () => "Waits for you")),
      );
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await sidewaysOverflow(page)).toBe(0);
      await page.getByRole("button", { name: "Put away what was noticed" }).click();
      await page.mouse.move(0, 0);
      await page.evaluate("document.activeElement.blur()");
      await page.evaluate("document.querySelector('.plan').scrollIntoView({ block: 'start' })");
      await picture(name);
      // Each is still answered on its own.
      await card().nth(1).getByRole("button", { name: "Deny" }).click();
      await page.getByRole("heading", { name: "2 of 3 questions wait for this task" }).waitFor();
      await page.getByRole("button", { name: "Allow all once" }).click();
      await conversation().getByText("Some of it was not allowed.").waitFor();
      expect(await steps.locator(".plan-state").allInnerTexts()).toEqual(["Done", "Done", "Done", "Refused", "Done"]);
      await steps.nth(1).locator("summary").click();
      const told = await steps.nth(1).getByRole("group", { name: "What the model was told" }).innerText();
      expect(told).toContain("U+E0049");
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.locator(".plan > summary").click();
      expect(await steps.first().isVisible()).toBe(false);
      await page.locator(".plan > summary").press("Enter");
      expect(await steps.first().isVisible()).toBe(true);
    }, 60_000);
  });

  describe.each([
    ["390 px, dark", NARROW, "dark"],
    ["1440 px, light", WIDE, "light"],
  ] as const)("where things came from at %s", (width, viewport, theme) => {
    it("is shown, and a source is removed after it was shown what would go and what left", async () => {
      await openPage(viewport, theme);
      await signIn();
      await plan();
      await page.getByRole("button", { name: "Allow all once" }).click();
      await conversation().getByText("All done").waitFor();
      gateway.remember("Anna lives at 12 Elm Street", [{ kind: "host", ref: "mail.example.org:993" }]);
      await page.getByRole("button", { name: "Put away what was noticed" }).click();
      await page.getByRole("button", { name: "Overview and settings" }).click();
      await page.getByRole("button", { name: "Where from? The memory Anna lives at 12 Elm Street" }).click();
      const dialog = page.getByRole("dialog", { name: "Where from?" });
      await dialog.getByText("It came from").waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await dialog.getByRole("button", { name: "Look at a page of mail.example.org" }).click();
      await dialog.getByText("Done under its influence").waitFor();
      await dialog.getByRole("button", { name: "Remove this source…" }).click();
      await dialog.getByRole("heading", { name: "This would remove" }).waitFor();
      expect(await focused(page)).toContain("h3");
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await sidewaysOverflow(page)).toBe(0);
      await page.mouse.move(0, 0);
      if (width.startsWith("1440")) await picture("provenance-light-1440");
      expect(gateway.requests.filter((line) => line === "POST /v2/provenance/remove")).toHaveLength(1);
      expect(await dialog.innerText()).toContain("the message, to anna@example.org");
      await dialog.getByRole("button", { name: /^Remove \d+ things$/ }).click();
      await dialog.getByRole("heading", { name: "Removed:" }).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await dialog.getByText("Close", { exact: true }).click();
      await page.getByText("Nothing yet.", { exact: false }).waitFor();
      await page.keyboard.press("Escape");
      await conversation().getByText("messages removed.").first().waitFor();
      expect(await conversation().innerText()).toContain("Its record was removed");
      expect(await conversation().innerText()).not.toContain("Read “Dinner on Thursday?”");
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await sidewaysOverflow(page)).toBe(0);
    }, 60_000);
  });

  it("confirms a contact, takes it back, and chooses how the agent reads, by keyboard", async () => {
    await openPage(WIDE, "dark");
    await signIn();
    await page.getByRole("button", { name: "Overview and settings" }).click();
    await page.getByRole("button", { name: "Confirm a contact" }).press("Enter");
    expect(await focused(page)).toContain("input");
    await page.keyboard.type("Bert");
    await page.keyboard.press("Tab");
    await page.keyboard.type("no address");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel("Address").fill("bert@Example.ORG");
    await page.keyboard.press("Enter");
    await page.getByText("bert@example.org").waitFor();
    await page.getByRole("button", { name: "Remove the contact Bert" }).press("Enter");
    await page.getByText("Nobody yet", { exact: false }).waitFor();
    await page.getByText("Advanced", { exact: true }).press("Enter");
    await page.getByRole("radio", { name: /With care where it matters/ }).focus();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.getByRole("radio", { name: /Always kept apart/ }).isChecked()).toBe(true);
    expect(gateway.requests.filter((line) => line.startsWith("PUT /v2/agents/"))).toHaveLength(1);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("tells of what was noticed in another conversation, and leads there", async () => {
    await openPage(NARROW);
    await signIn();
    await write("what is 17 * 3");
    await conversation().getByText("The answer is 51.").waitFor();
    gateway.alarm("arguments of mail.send", [{ kind: "canary", says: "one of your canaries", count: 1 }], true);
    await page.getByRole("region", { name: "Noticed" }).waitFor();
    await expect.poll(() => page.locator("[aria-live]").textContent()).toContain("one of your canaries");
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await sidewaysOverflow(page)).toBe(0);
    await page.getByRole("button", { name: "Show it" }).click();
    await expect.poll(() => conversation().innerText()).not.toContain("The answer is 51");
  });

  it("would notice what is not accessible", async () => {
    await openPage(WIDE);
    await page.goto(gateway.url);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.evaluate("document.querySelector('main').append(document.createElement('button')); undefined");
    expect((await accessibilityFaults(page)).join("")).toContain("button-name");
  });

  it("takes the code out of the address and uses it once", async () => {
    await openPage(WIDE);
    await signIn();
    expect(page.url()).toBe(`${gateway.url}/`);
    expect(gateway.requests.filter((line) => line === "POST /v2/sessions")).toHaveLength(1);
    await page.reload();
    await composer().waitFor();
    expect(gateway.requests.filter((line) => line === "POST /v2/sessions")).toHaveLength(1);
  });

  it("says what to do when the link was used", async () => {
    await openPage(WIDE);
    await page.goto(`${gateway.url}/signin#code=an-old-and-used-code`);
    await page.getByRole("heading", { name: "This link no longer works" }).waitFor();
    expect(await page.locator("main").textContent()).toContain("./moltbot open");
    expect(page.url()).toBe(`${gateway.url}/`);
  });

  it("does the whole job with the keyboard, and Enter on a fresh question allows nothing", async () => {
    await openPage(WIDE);
    await signIn();
    expect(await focused(page)).toContain("textarea");
    await page.keyboard.type("remind me in 10 minutes to stretch");
    await page.keyboard.press("Enter");
    await card().waitFor();
    await expect.poll(() => focused(page)).toContain("section.card");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Space");
    expect(gateway.requests.filter((line) => line.endsWith("/answer"))).toEqual([]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await conversation().getByText("Okay, I will remind you").waitFor();
    expect(await page.locator(".card-ended").textContent()).toContain("You allowed this once");
    expect(await focused(page)).toContain("textarea");
  });

  it("does not take the focus from somebody who is writing", async () => {
    await openPage(WIDE);
    await signIn();
    await write("hello");
    await conversation().getByText("tiny demo model").waitFor();
    await composer().pressSequentially("half a sent");
    gateway.ask({});
    await card().waitFor();
    await page.keyboard.type("ence");
    expect(await composer().inputValue()).toBe("half a sentence");
    await page.getByRole("button", { name: "1 question" }).click();
    expect(await focused(page)).toContain("section.card");
  });

  it("shows every hidden character of a question", async () => {
    await openPage(NARROW);
    await signIn();
    gateway.say("hello");
    gateway.ask({
      consequence: "Opens “invoice\u202Efdp.exe”.",
      arguments: [{ name: "path", value: "a\u200Bb\u{E0041}", critical: true, origin: "untrusted" }],
    });
    await page.getByRole("button", { name: "1 question" }).click();
    await card().waitFor();
    const text = (await card().textContent()) ?? "";
    for (const code of ["U+202E", "U+200B", "U+E0041"]) expect(text).toContain(code);
    expect(text).not.toMatch(/[\u202E\u200B\u{E0041}]/u);
    expect(text).toContain("chosen with untrusted content in view");
  });

  it("shows who was faster when a question was answered elsewhere", async () => {
    await openPage(WIDE);
    await signIn();
    gateway.say("hello");
    const approval = gateway.ask({});
    await page.getByRole("button", { name: "1 question" }).click();
    gateway.answerElsewhere(approval.id, "deny", false);
    await page.getByRole("button", { name: "Allow once" }).click();
    await page.getByText("Somebody else denied this").waitFor();
    expect(await page.getByRole("alert").textContent()).toContain("already answered");
  });

  it("closes a question by itself when it is answered elsewhere", async () => {
    await openPage(WIDE);
    await signIn();
    gateway.say("hello");
    const approval = gateway.ask({});
    await page.getByRole("button", { name: "1 question" }).click();
    gateway.answerElsewhere(approval.id, "allow", true);
    await page.getByText("Somebody else allowed this once").waitFor();
  });

  it("gives a denial's reason back", async () => {
    await openPage(WIDE);
    await signIn();
    await write("remind me in 5 minutes to call");
    await page.getByRole("button", { name: "Deny with a reason" }).click();
    expect(await focused(page)).toContain("reason-input");
    await page.keyboard.type("I am on holiday");
    await page.keyboard.press("Enter");
    await page.getByText("You denied this: “I am on holiday”").waitFor();
    await conversation().getByText("That was not allowed.").waitFor();
  });

  it("spells out what always means, lists it afterwards, and takes it back", async () => {
    await openPage(WIDE);
    await signIn();
    await write("remind me in 5 minutes to call");
    await page.getByRole("button", { name: "Always allow…" }).click();
    const dialog = page.getByRole("dialog", { name: "Always allow this" });
    expect(await dialog.textContent()).toContain("text is exactly “call”");
    await dialog.getByLabel("It ends").selectOption({ label: "never" });
    await dialog.getByRole("button", { name: "Always allow" }).click();
    await conversation().getByText("Okay, I will remind you").waitFor();
    await page.getByRole("button", { name: "Overview and settings" }).click();
    await page.getByText("until you revoke it").waitFor();
    await page.getByRole("button", { name: "Revoke reminder.create" }).click();
    await page.getByText("it asks every time").waitFor();
  });

  it("takes a reminder and a memory back from the overview", async () => {
    await openPage(WIDE);
    await signIn();
    await write("remember that the cat is called Tom");
    await conversation().getByText("Saved.").waitFor();
    await write("remind me in 5 minutes to water the plants");
    await page.getByRole("button", { name: "Allow once" }).click();
    await conversation().getByText("Okay, I will remind you").waitFor();
    await page.getByRole("button", { name: "Overview and settings" }).click();
    await page.getByRole("button", { name: "Cancel the reminder water the plants" }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Cancel the reminder water the plants" }).click();
    await page.getByText("Nothing is scheduled", { exact: false }).waitFor();
    await page.getByRole("button", { name: "Remove the memory the cat is called Tom" }).click();
    await page.getByText("Nothing yet.", { exact: false }).waitFor();
  });

  it("announces whole messages and never their pieces", async () => {
    await openPage(WIDE);
    await signIn();
    await page.evaluate(
      "globalThis.heard = []; new MutationObserver(() => heard.push(document.querySelector('[aria-live]').textContent.trim())).observe(document.querySelector('[aria-live]'), { subtree: true, childList: true, characterData: true }); undefined",
    );
    await write("what is 17 * 3");
    await conversation().getByText("The answer is 51.").waitFor();
    await expect.poll(() => page.evaluate<string[]>("[...new Set(heard)]")).toEqual(["The answer is 51."]);
  });

  it("stops a reply", async () => {
    await openPage(WIDE);
    await signIn();
    await write("say something long");
    await page.getByRole("button", { name: "Stop the reply" }).click();
    await conversation().getByText("stopped").waitFor();
    expect((await conversation().textContent())?.length).toBeLessThan(8000);
  });

  it("gives the text back when it could not be sent", async () => {
    await openPage(WIDE);
    await signIn();
    await write("fail");
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").textContent()).toContain("does not answer");
    expect(await composer().inputValue()).toBe("fail");
  });

  it("says when the connection is lost and catches up when it is back", async () => {
    await openPage(WIDE);
    await signIn();
    await write("hello");
    await conversation().getByText("tiny demo model").waitFor();
    gateway.dropEvents(true);
    await page.getByText("The connection is lost").waitFor();
    gateway.say("said while you were away");
    gateway.dropEvents(false);
    await conversation().getByText("said while you were away").waitFor();
    await page.getByText("The connection is lost").waitFor({ state: "detached" });
  }, 40_000);

  it("runs nothing that a model writes and loads no picture", async () => {
    await openPage(WIDE);
    await signIn();
    await write("hello");
    gateway.say(
      `<img src=x onerror="globalThis.owned=1"><script>globalThis.owned=2</script> [go](javascript:globalThis.owned=3) ![p](${gateway.url}/leak.png?4812) the end`,
    );
    await conversation().getByText("the end").waitFor();
    expect(await page.evaluate<unknown>("globalThis.owned ?? null")).toBeNull();
    expect(await conversation().locator("img, script, iframe, a[href^='javascript']").count()).toBe(0);
    expect(gateway.requests.some((line) => line.includes("leak"))).toBe(false);
  });

  it("begins a new conversation beside the old one", async () => {
    await openPage(WIDE);
    await signIn();
    await write("what is 17 * 3");
    await conversation().getByText("The answer is 51.").waitFor();
    await page.getByRole("button", { name: "New conversation" }).click();
    await page.getByRole("heading", { name: "What can I do for you?" }).waitFor();
    await page.keyboard.type("what time is it");
    await page.keyboard.press("Enter");
    await conversation()
      .getByText(/^It is/)
      .waitFor();
    expect(await conversation().textContent()).not.toContain("The answer is 51");
    await page.getByRole("button", { name: /what is 17/ }).click();
    await conversation().getByText("The answer is 51.").waitFor();
  });

  it("keeps the chosen theme over a reload", async () => {
    await openPage(WIDE, "light");
    await signIn();
    await page.getByRole("button", { name: "Overview and settings" }).click();
    await page.getByRole("radio", { name: "Dark" }).check();
    await page.reload();
    await composer().waitFor();
    expect(await page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor")).toBe(
      "rgb(22, 19, 17)",
    );
  });

  it("leaves nothing on the screen after signing out", async () => {
    await openPage(WIDE);
    await signIn();
    await write("remember that my locker code is 4812");
    await conversation().getByText("Saved.").waitFor();
    await page.getByRole("button", { name: "Overview and settings" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.locator("body").textContent()).not.toContain("4812");
  });
});
