import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ABSENT, startStrangeHouse, tokenCaller } from "./house.ts";
import type { Somebody, StrangeHouse } from "./house.ts";
import { given } from "../../support/people.ts";
const log = (name: string, ...more: unknown[]) => process.stdout.write(`## ${name}: ${more.map((m) => (typeof m === "string" ? m : JSON.stringify(m))).join(" | ").slice(0, 900)}\n`);
describe("explore", { timeout: 120_000 }, () => {
  let h: StrangeHouse; let ada: Somebody; let bob: Somebody; let adam: Somebody; let vic: Somebody;
  let agent = ""; let bobs = "";
  beforeAll(async () => {
    h = await startStrangeHouse();
    ada = await h.join("Ada", "member"); bob = await h.join("Bob", "member"); adam = await h.join("Adam", "admin"); vic = await h.join("Vic", "viewer");
    agent = given<any>(await ada.browser("agents.create", { name: "Helper" })).id;
    bobs = given<any>(await bob.browser("agents.create", { name: "Helper" })).id;
    given(await ada.browser("shares.set", { object: { type: "agent", id: agent }, to: { kind: "everyone" } }));
  }, 60_000);
  afterAll(() => h.close());
  const t = (name: string, f: () => Promise<void>) => it(name, f);
  t("tools across shared agent", async () => {
    let r = await h.obey(ada.browser, agent, [
      { tool: "memory.save", arguments: { text: "zqada secret memory" } },
      { tool: "file.append", arguments: { path: "notes.txt", text: "zqada secret file" } },
      { tool: "reminder.create", arguments: { minutes: 600, text: "zqada remind" } },
      { tool: "contact.add", arguments: { name: "zqada friend", address: "zqada@example.org", kind: "person" } },
    ]);
    r = await h.allowAll(ada.browser, r);
    log("ada", r.state, await h.resultsOf(ada.browser, r));
    const paths = ["notes.txt", "../" + agent + "/notes.txt", `../../workspaces/${agent}/notes.txt`, `../${agent}~${ada.id}/notes.txt`, `${h.house.place.home}/workspaces/${agent}/notes.txt`, "./../" + agent + "/notes.txt", "..", ".", `../${agent}~${bob.id}/../${agent}/notes.txt`];
    let b = await h.obey(bob.browser, agent, [
      ...paths.map((path) => ({ tool: "file.read", arguments: { path } })),
      { tool: "memory.search", arguments: { query: "zqada" } }, { tool: "memory.search", arguments: { query: "secret" } },
      { tool: "reminder.list", arguments: {} }, { tool: "contact.find", arguments: { name: "zqada" } },
      { tool: "contact.find", arguments: { query: "zqada" } },
      ...paths.map((path) => ({ tool: "file.append", arguments: { path, text: "bob was here" } })),
    ]);
    b = await h.allowAll(bob.browser, b);
    const text = await h.resultsOf(bob.browser, b);
    log("bob leak?", String(/zqada (secret|remind|friend)/.test(text)), (text.match(/"code":"[A-Z_]+"/g) ?? []).join());
    const a2 = await h.obey(ada.browser, agent, [{ tool: "file.read", arguments: { path: "notes.txt" } }]);
    log("ada file", String((await h.resultsOf(ada.browser, a2)).includes("bob was here")));
  });
  t("idempotency collisions", async () => {
    const key = "idem-key-0001";
    const a = given<any>(await ada.browser("messages.send", { agentId: agent, content: "zqidem of ada", conversationId: "new", idempotencyKey: key }));
    const b = await bob.browser("messages.send", { agentId: agent, content: "of bob", conversationId: "new", idempotencyKey: key });
    log("idem", String(b.text.includes("zqidem")), b.status, b.code, a.turnId === (b.json as any)?.turnId);
    const c = await bob.browser("messages.send", { agentId: agent, content: "of bob", conversationId: a.conversationId, idempotencyKey: key });
    const d = await bob.browser("messages.send", { agentId: agent, content: "of bob", conversationId: ABSENT, idempotencyKey: key });
    log("foreign conv", c.status, c.code, d.status, d.code, c.text === d.text, c.text, d.text);
    // own conversation, other agent
    const mine = given<any>(await bob.browser("messages.send", { agentId: bobs, content: "x", conversationId: "new" }));
    const e = await bob.browser("messages.send", { agentId: agent, content: "of bob", conversationId: mine.conversationId });
    log("own conv other agent", e.status, e.code, e.text);
  });
  t("attachments same content", async () => {
    const ac = given<any>(await ada.browser("messages.send", { agentId: agent, content: "x", conversationId: "new" })).conversationId;
    const bc = given<any>(await bob.browser("messages.send", { agentId: agent, content: "x", conversationId: "new" })).conversationId;
    const content = Buffer.from("same content zqatt").toString("base64");
    const a = given<any>(await ada.browser("attachments.create", { conversationId: ac, name: "a.txt", content }));
    const b = given<any>(await bob.browser("attachments.create", { conversationId: bc, name: "b.txt", content }));
    log("att", a, b);
    const r = await bob.browser("attachments.remove", { attachmentId: b.id });
    const g = await ada.browser("attachments.get", { attachmentId: a.id });
    log("att after", r.status, g.status);
    log("att foreign", (await bob.browser("attachments.get", { attachmentId: a.id })).text, (await bob.browser("attachments.get", { attachmentId: ABSENT })).text);
    log("att create foreign", (await bob.browser("attachments.create", { conversationId: ac, name: "b", content })).text, (await bob.browser("attachments.create", { conversationId: ABSENT, name: "b", content })).text);
  });
  t("words stop", async () => {
    for (const who of [bob, adam]) for (const content of ["stop", "/stop", "STOP!", "/stop everything", "stop everything", "/resume", "/lock", "/approve"]) {
      const s = await who.browser("messages.send", { agentId: agent, content, conversationId: "new" });
      const st = given<any>(await h.local("system.status")).stopped;
      if (st !== null) { log("STOPPED by", who === bob ? "bob" : "adam", content, st); given(await h.local("system.resume", { grants: "all" })); }
      else log("word", content, s.status, s.code ?? "", ((s.json as any)?.reply?.parts?.[0]?.text ?? "").slice(0, 80));
    }
  });
  t("provenance", async () => {
    const p = await bob.browser("provenance.show", { of: `agent:${agent}` });
    log("prov", p.status, p.text);
    for (const src of [`person:${ada.id}`, `user:${ada.id}`, ada.id, `file:notes.txt`, `message:x`]) {
      const q = await bob.browser("provenance.show", { of: src });
      const rm = await bob.browser("provenance.remove", { source: src, dryRun: true });
      log("prov", src, q.status, q.text, rm.status, rm.text);
    }
  });
  t("admin jobs outbox config status", async () => {
    for (const n of ["jobs.list", "outbox.list", "schedules.list", "backups.list", "secrets.list", "system.doctor"] as const) { const s = await adam.browser(n); log(n, s.status, String(/zqada|zqidem|zqatt/.test(s.text)), s.text.slice(0, 400)); }
    const c = await adam.browser("config.list"); log("config", c.status, c.text.match(/(key|secret|token|pass)[^,]{0,60}/gi)?.slice(0, 10).join(" ; ") ?? "");
    log("status vic", (await vic.browser("system.status")).text);
    log("audit vic", (await vic.browser("audit.list")).text);
    log("audit adam", (given<any[]>(await adam.browser("audit.list", { limit: 500 }))).filter((r) => JSON.stringify(r).includes(agent) || JSON.stringify(r).includes(bobs)).map((r) => r.event + " " + r.actor));
    log("audit adam person", (given<any[]>(await adam.browser("audit.list", { limit: 500, person: ada.id }))).map((r) => r.event + JSON.stringify(r.fields)));
    const e = await h.local("audit.export"); log("export leak", String(/zqada|zqidem|zqatt|Helper/.test(e.text)));
  });
  t("policy simulate", async () => {
    const s = await h.local("policy.simulate", { policy: 'forbid(principal, action, resource);' });
    log("simulate", s.status, s.text);
    const d = (s.json as any)?.examples ?? [];
    for (const x of d.slice(0, 3)) log("explain", (await h.local("decisions.explain", { id: x.decisionId })).text, (await h.local("decisions.explain", { id: ABSENT })).text);
  });
});
