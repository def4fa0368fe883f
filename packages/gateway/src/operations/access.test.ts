import type { Identified } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { model } from "./testing/fake-house.ts";
import { codeOf, must } from "./testing/people-house.ts";
import { openRealHouse } from "./testing/real-house.ts";
import { TOKEN_WISH } from "./testing/token-wish.ts";

type House = Awaited<ReturnType<typeof openRealHouse>>;
let house: House;
beforeEach(async () => {
  house = await openRealHouse({ catalog: [], model: model(undefined, "none") });
});
afterEach(async () => house.close());

const WISH = { ...TOKEN_WISH, name: "x", role: "member" } as const;
const as = ({ principal, proof }: Identified) => house.context({ principal, proof, surface: proof.kind });
const codeIn = (url: string): string => new URLSearchParams(new URL(url).hash.slice(1)).get("code") ?? "";

const holding = async (scopes: string[] | null = null): Promise<Identified> => {
  const { token } = must(
    await house.operations["tokens.create"](as(await atTheMachine()), { ...WISH, role: "owner", scopes }),
  );
  return must(await house.identity.byToken(token, "10.0.0.9"));
};
const atTheMachine = async (): Promise<Identified> => must(await house.identity.local());
const signedIn = async (): Promise<Identified> => {
  const { url } = must(await house.operations["links.create"](as(await atTheMachine()), {}));
  return must(
    await house.identity.bySession(must(await house.identity.signIn(codeIn(url), "10.0.0.1")).cookie, "10.0.0.1"),
  );
};

describe("ways in that are the whole person", () => {
  it.each(["links.create", "devices.invite"] as const)("%s is for the machine, browsers and devices", async (name) => {
    for (const who of [await atTheMachine(), await signedIn()])
      expect(codeOf(await house.operations[name](as(who), {}))).toBe("ok");
  });

  it.each(["links.create", "devices.invite"] as const)("%s is for no token, nor for nobody", async (name) => {
    const before = must(await house.house.audit.query({}, 500)).length;
    for (const who of [await holding(), await holding([name])])
      expect(codeOf(await house.operations[name](as(who), {}))).toBe("SCOPE_INSUFFICIENT");
    const { proof: _, ...nobody } = house.context();
    expect(codeOf(await house.operations[name](nobody, {}))).toBe("SCOPE_INSUFFICIENT");
    const after = must(await house.house.audit.query({}, 500)).length;
    expect(after - before).toBe(2); // the two tokens, and neither a link nor a code
  });

  it("unplug: a token that could make a link would be a session with every role after it", async () => {
    const holder = await holding(["links.create"]);
    const forgetful = { ...holder, proof: { ...holder.proof, kind: "session" } } as const;
    const { url } = must(await house.operations["links.create"](as(forgetful), {}));
    const { principal, proof } = must(
      await house.identity.bySession(must(await house.identity.signIn(codeIn(url), "10.0.0.9")).cookie, "10.0.0.9"),
    );
    expect([principal.role, proof.scopes]).toEqual(["owner", null]);
  });
});

describe("what is made with a token", () => {
  it("is a token for no more than its own", async () => {
    const narrow = as(await holding(["agents.list", "tokens.create"]));
    expect(codeOf(await house.operations["tokens.create"](narrow, WISH))).toBe("SCOPE_INSUFFICIENT");
    expect(codeOf(await house.operations["tokens.create"](narrow, { ...WISH, scopes: ["agents.*"] }))).toBe(
      "SCOPE_INSUFFICIENT",
    );
    expect(codeOf(await house.operations["tokens.create"](narrow, { ...WISH, scopes: ["agents.list"] }))).toBe("ok");
  });
});

describe("one's own sessions, devices and tokens", () => {
  it("are listed and ended, and the browser that asks is named", async () => {
    const browser = await signedIn();
    const [session] = must(await house.operations["sessions.list"](as(browser), {}));
    expect(session).toMatchObject({ current: true });
    if (session === undefined) throw new Error("there is no session");
    expect(must(await house.operations["devices.list"](as(browser), {}))).toEqual([]);
    must(await house.operations["sessions.revoke"](as(await atTheMachine()), { sessionId: session.id }));
    expect(codeOf(await house.identity.stillGood(browser))).toBe("NOT_SIGNED_IN");
    const [token] = (await holding(), must(await house.operations["tokens.list"](as(await atTheMachine()), {})));
    expect(token).toMatchObject({ scopes: null, name: "x" });
  });
});
