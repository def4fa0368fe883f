import { instantOf } from "@moltbot/contracts";
import type { OperationName } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, propertiesOf, refused, settle, standIn, stubForms } from "../testing/keeping.ts";
import { browserSession, device, token } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { DeviceList } from "./device-list.ts";
import { SignInsDialog } from "./sign-ins-dialog.ts";
import { TokenList } from "./token-list.ts";

const DAY = 86_400_000;
beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

type Table = { readonly [N in OperationName]?: unknown };
const play = (element: object, table: Table, wish: object = {}) => {
  const gateway = gatewayOf(table);
  const done = standIn(element);
  Object.assign(element, { call: gateway.call, me: ME, now: 12 * DAY, changed: () => done.push("changed") }, wish);
  const read = () => readTemplate((element as unknown as { render(): unknown }).render()); // what Lit calls
  const submit = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    read().fire("submit", "", { target: new FakeForm(fields), preventDefault: () => undefined });
    await settle();
  };
  return { read, submit, done, asked: gateway.asked, answers: gateway.answers };
};

describe("the browsers", () => {
  const SESSIONS = [
    browserSession(1),
    browserSession(2, { current: true }),
    browserSession(3, { lastSeenAt: instantOf(DAY) }),
  ];
  const open = async (table: Table = {}) => {
    const dialog = new SignInsDialog();
    const page = play(dialog, {
      "sessions.list": SESSIONS,
      "devices.list": [],
      "tokens.list": [],
      "sessions.revoke": {},
      "links.create": { url: "http://127.0.0.1:1/signin#code=canary", expiresAt: instantOf(12 * DAY + 600_000) },
      ...table,
    });
    await dialog.show();
    return { ...page, dialog };
  };

  it("are listed with this one first, which is ended nowhere here", async () => {
    const { words, markup } = (await open()).read();
    expect(words.indexOf("This browser")).toBeLessThan(words.indexOf("Another browser"));
    expect(words).toContain("you are here");
    expect(words).toContain("not seen since");
    expect(markup.match(/Sign out the browser/g)).toHaveLength(2);
  });

  it("are signed out one by one, or all the others at once", async () => {
    const { read, asked } = await open();
    const revoked = () => asked.filter(({ name }) => name === "sessions.revoke").map(({ input }) => input);
    read().fire("click", "Sign out the browser");
    await settle();
    expect(revoked()).toEqual([{ sessionId: SESSIONS[2]?.id }]);
    expect(read().words).toContain("1 browser was signed out.");
    read().fire("click", "Sign out all others");
    await settle();
    expect(revoked().slice(1)).toEqual([{ sessionId: SESSIONS[2]?.id }, { sessionId: SESSIONS[0]?.id }]);
    expect(read().words).toContain("2 browsers were signed out.");
  });

  it("say which could not be signed out, and what could not be loaded", async () => {
    const { read, done } = await open({ "sessions.revoke": refused("NOT_FOUND", { kind: "session" }) });
    read().fire("click", "Sign out all others");
    await settle();
    expect(done).toContain("focus #sign-ins-problem");
    expect(read().words).not.toContain("signed out.");
    const busy = refused("DATABASE_UNAVAILABLE", { problem: "it is busy" });
    const failed = await open({ "sessions.list": busy, "devices.list": busy, "tokens.list": busy });
    expect(failed.read().words).toContain("it is busy");
  });

  it("come in by a link that is shown once", async () => {
    const { read, dialog, answers } = await open();
    read().fire("click", "Sign in another browser");
    await settle();
    expect(read().words).toContain("http://127.0.0.1:1/signin#code=canary");
    read().fire("click", "Done");
    expect(propertiesOf(dialog) + read().markup).not.toContain("canary");
    answers["links.create"] = refused("RATE_LIMITED", { limit: 1 });
    read().fire("click", "Sign in another browser");
    await settle();
    expect(read().markup).toContain("sign-ins-problem");
    read().fire("close", "Sign-ins");
    expect(propertiesOf(dialog)).not.toContain("canary");
  });

  it("hear of a device that was paired, while they are shown", async () => {
    const { dialog, answers, asked } = await open();
    const paired: string[] = [];
    Object.assign(dialog, { querySelector: () => ({ paired: () => paired.push("paired"), forget: () => undefined }) });
    const hear = (): void =>
      (dialog as unknown as { updated(changed: ReadonlyMap<string, unknown>): void }).updated(new Map([["heard", 0]])); // what Lit calls
    hear();
    await settle();
    expect(paired).toEqual([]);
    answers["devices.list"] = [device(1, "Pixel")];
    hear();
    await settle();
    expect(paired).toEqual(["paired"]);
    expect(asked.filter(({ name }) => name === "devices.list")).toHaveLength(3);
  });
});

describe("the devices", () => {
  const CODE = {
    code: "7KQ2-XW4D",
    url: "https://house.example/#pair=7KQ2-XW4D",
    expiresAt: instantOf(12 * DAY + 600_000),
  };
  const open = (devices: unknown, table: Table = {}) => {
    const list = new DeviceList();
    return { ...play(list, { "devices.invite": CODE, "devices.revoke": {}, ...table }, { devices }), list };
  };

  it("are listed while they are good; how many were ended is said", () => {
    const { words } = open([
      device(1, "Pixel\u202E", { lastSeenAt: instantOf(11 * DAY) }),
      device(2, "Old", { revokedAt: instantOf(0) }),
    ]).read();
    expect(words).toContain("Pixel U+202E");
    expect(words).toContain("One more was ended.");
    expect(words).not.toContain("Old");
    expect(open([]).read().words).toContain("None.");
    expect(open(null).read().words).toBe("Loading…");
  });

  it("are paired by a code, which goes from the page when it was used or put away", async () => {
    const { read, list } = open([]);
    read().fire("click", "Pair a device");
    await settle();
    for (const part of [CODE.code, CODE.url]) expect(read().words).toContain(part);
    list.paired();
    expect(read().words).toContain("It is paired.");
    expect(propertiesOf(list) + read().markup).not.toContain("7KQ2");
    list.paired();
    read().fire("click", "Pair a device");
    await settle();
    read().fire("click", "Done");
    expect(propertiesOf(list) + read().markup).not.toContain("7KQ2");
  });

  it("end by a second press, and say why one did not", async () => {
    const { read, asked, answers } = open([device(1, "Pixel")]);
    read().fire("click", "End the device Pixel");
    read().fire("click", "Keep it");
    expect(asked).toEqual([]);
    read().fire("click", "End the device Pixel");
    read().fire("click", "End it");
    await settle();
    expect(asked).toEqual([{ name: "devices.revoke", input: { deviceId: device(1, "").id } }]);
    expect(read().words).toContain("Pixel is ended.");
    answers["devices.revoke"] = refused("NOT_FOUND", { kind: "device" });
    answers["devices.invite"] = refused("SCOPE_INSUFFICIENT", { operation: "devices.invite" });
    read().fire("click", "End the device Pixel");
    read().fire("click", "End it");
    await settle();
    expect(read().markup).toContain("device-problem");
    read().fire("click", "Pair a device");
    await settle();
    expect(read().words).toContain("This token is not for devices.invite.");
  });
});

describe("the tokens", () => {
  const MADE = { id: token(9, "").id, token: "mbt_canary", role: "member", expiresAt: instantOf(90 * DAY) };
  const open = (tokens: unknown, table: Table = {}, wish: object = {}) => {
    const list = new TokenList();
    return { ...play(list, { "tokens.create": MADE, "tokens.revoke": {}, ...table }, { tokens, ...wish }), list };
  };

  it("are listed with role, what they are for, and when they were used", () => {
    const { words } = open([
      token(1, "Feed", {
        scopes: ["messages.*"],
        lastUsedAt: instantOf(11 * DAY),
        tokensPerDay: 5000,
        moneyPerDay: 0.5,
      }),
      token(2, "Old", { expiresAt: instantOf(DAY) }),
      token(3, "Gone", { revokedAt: instantOf(0) }),
    ]).read();
    for (const part of [
      "Feed Member",
      "For only messages.* .",
      "Last used",
      "Old Member expired",
      "whatever its role may",
      "At most 5000 model tokens and 0.5 in money a day.",
    ])
      expect(words.replace(/\.\* ?\./, ".* .")).toContain(part);
    expect(words).not.toContain("Gone");
    expect(open(null).read().words).toBe("Loading…");
  });

  it("are made for chosen operations, shown once, and gone from the page afterwards", async () => {
    const { read, submit, asked, list, done } = open([]);
    read().fire("click", "Make a token");
    await submit({
      name: " Feed ",
      role: "viewer",
      days: "30",
      talk: "yes",
      scopes: "contacts.list, turns.*",
      untrusted: "yes",
      tokensPerDay: "5000",
      moneyPerDay: "0.5",
    });
    expect(asked).toEqual([
      {
        name: "tokens.create",
        input: {
          name: "Feed",
          role: "viewer",
          days: 30,
          scopes: ["messages.send", "agents.list", "agents.get", "turns.*", "events.stream", "contacts.list"],
          integrity: "untrusted",
          tokensPerDay: 5000,
          moneyPerDay: 0.5,
        },
      },
    ]);
    expect(read().words).toContain("mbt_canary");
    expect(done).toContain("focus .once");
    read().fire("click", "Done");
    expect(propertiesOf(list) + read().markup).not.toContain("canary");
  });

  it("are for everything only when that is chosen, have no more than one’s own role, and say why there is none", async () => {
    const { read, submit, asked } = open(
      [],
      { "tokens.create": refused("RATE_LIMITED", { limit: 1 }) },
      { me: { ...ME, role: "member" } },
    );
    read().fire("click", "Make a token");
    expect(read().words).not.toContain("Admin");
    read().fire("change", 'name="all"');
    await submit({ name: "x", role: "owner", days: "90" });
    expect(asked.at(-1)?.input).toEqual({ name: "x", days: 90, scopes: null, integrity: "authority" });
    expect(read().markup).toContain("token-problem");
    expect(open([], {}, { me: { ...ME, role: "viewer" } }).read().words).toContain("A viewer makes none");
  });

  it("go by a second press, and say why one stayed", async () => {
    const { read, asked } = open([token(1, "Feed")], { "tokens.revoke": refused("NOT_FOUND", { kind: "token" }) });
    read().fire("click", "Revoke the token Feed");
    read().fire("click", "Keep it");
    expect(asked).toEqual([]);
    read().fire("click", "Revoke the token Feed");
    read().fire("click", "Revoke it");
    await settle();
    expect(asked).toEqual([{ name: "tokens.revoke", input: { tokenId: token(1, "").id } }]);
    expect(read().markup).toContain("token-problem");
  });
});
