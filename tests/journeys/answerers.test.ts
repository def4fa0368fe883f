import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApprovalId, TurnReport } from "@moltbot/contracts";
import { startScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import type { ScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import { newPlace, PROJECT, settingsFor, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess, Place } from "../support/gateway-process.ts";

const run = promisify(execFile);
const CLI = join(PROJECT, "dist", "cli.cjs");

/** An answerer at one of the doors: whether the gateway told it that its answer counts. */
type Answerer = (id: ApprovalId, answer: "allow" | "deny") => Promise<boolean>;

describe("eight answerers at four doors of a real gateway", { timeout: 120_000 }, () => {
  let place: Place;
  let model: ScriptedServer;
  let gateway: GatewayProcess;
  const sockets: WebSocket[] = [];
  let answerers: Readonly<Record<string, Answerer>>;

  const call = async (path: string, headers: Readonly<Record<string, string>>, body: object): Promise<Response> =>
    fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  const byToken = async (): Promise<string> => {
    const made = await gateway.client.call("tokens.create", { name: "answerer", role: "owner" });
    if (!made.ok) throw new Error(made.error.code);
    return made.value.token;
  };

  /** As the page does it: a one-time code becomes a cookie, and requests name the page's own origin. */
  const byCookie = async (): Promise<string> => {
    const link = await gateway.client.call("links.create", {});
    if (!link.ok) throw new Error(link.error.code);
    const code = new URL(link.value.url).hash.replace("#code=", "");
    const signedIn = await call("/v2/sessions", { origin: gateway.url }, { code });
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0];
    if (cookie === undefined) throw new Error(`no cookie: ${String(signedIn.status)}`);
    return cookie;
  };

  const overHttp =
    (headers: Readonly<Record<string, string>>): Answerer =>
    async (id, answer) =>
      (await call(`/v2/approvals/${id}/answer`, headers, { answer })).ok;

  const overSocket = async (headers: Readonly<Record<string, string>>): Promise<Answerer> => {
    const wish = { headers } as unknown as string[]; // Node's own client takes headers, which the DOM's type does not know
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/v2/socket`, wish);
    sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve(), { once: true });
      socket.addEventListener("error", () => reject(new Error("no socket")), { once: true });
    });
    let frames = 0;
    return (approvalId, answer) =>
      new Promise((resolve) => {
        frames += 1;
        const id = `frame-${String(frames)}`;
        const hear = (event: MessageEvent): void => {
          const frame = JSON.parse(String(event.data)) as { readonly id?: string; readonly ok?: boolean }; // our gateway's frame
          if (frame.id !== id) return;
          socket.removeEventListener("message", hear);
          resolve(frame.ok === true);
        };
        socket.addEventListener("message", hear);
        socket.send(JSON.stringify({ id, operation: "approvals.answer", input: { approvalId, answer } }));
      });
  };

  const overTerminal: Answerer = async (id, answer) => {
    const argv = [CLI, "approvals", answer, id, "--json"];
    return run(process.execPath, argv, { env: { ...place.environment } }).then(
      () => true,
      () => false,
    );
  };

  beforeAll(async () => {
    model = await startScriptedServer((messages) =>
      messages.at(-1)?.role === "tool"
        ? { text: "So be it." }
        : { calls: [{ tool: "reminder.create", arguments: { minutes: 10, text: "stretch" } }] },
    );
    place = newPlace(settingsFor(model.origin));
    gateway = await startGatewayProcess(place);
    const token = { authorization: `Bearer ${await byToken()}` };
    const cookie = { cookie: await byCookie(), origin: gateway.url };
    answerers = {
      "REST, first": overHttp(token),
      "REST, second": overHttp({ authorization: `Bearer ${await byToken()}` }),
      "socket, first": await overSocket(token),
      "socket, second": await overSocket(cookie),
      "web, first": overHttp(cookie),
      "web, second": overHttp({ cookie: await byCookie(), origin: gateway.url }),
      "terminal, first": overTerminal,
      "terminal, second": overTerminal,
    };
  }, 60_000);
  afterAll(async () => {
    for (const socket of sockets) socket.close();
    await gateway.kill("SIGTERM");
    await model.close();
    place.remove();
  });

  const ask = async (): Promise<{ readonly report: TurnReport; readonly id: ApprovalId }> => {
    const agents = await gateway.client.call("agents.list", {});
    if (!agents.ok || agents.value[0] === undefined) throw new Error("no agent");
    const sent = await gateway.client.call("messages.send", {
      agentId: agents.value[0].id,
      content: "remind me to stretch",
      conversationId: "new",
    });
    if (!sent.ok || sent.value.approvals[0] === undefined) throw new Error("nothing was asked");
    return { report: sent.value, id: sent.value.approvals[0].id };
  };

  it.each([0, 1, 2, 3, 4, 5])("take the first answer, whichever door it came through (round %i)", async (round) => {
    const { report, id } = await ask();
    const before = await gateway.client.call("reminders.list", {});
    // Terminals take a fifth of a second to start; the other doors wait for them, each a little differently.
    const answers = await Promise.all(
      Object.entries(answerers).map(async ([door, answerer], at) => {
        if (!door.startsWith("terminal")) await new Promise((resolve) => setTimeout(resolve, round * 60 + at * 3));
        return {
          door,
          said: at % 2 === 0 ? "allow" : "deny",
          counts: await answerer(id, at % 2 === 0 ? "allow" : "deny"),
        };
      }),
    );
    const winners = answers.filter(({ counts }) => counts);
    expect(winners).toHaveLength(1);
    const ended = await gateway.client.call("turns.get", { turnId: report.turnId, wait: "true" });
    expect(ended.ok && ended.value.state).toBe("done");
    const after = await gateway.client.call("reminders.list", {});
    if (!before.ok || !after.ok) throw new Error("no list");
    expect(after.value.length - before.value.length).toBe(winners[0]?.said === "allow" ? 1 : 0);
    const answered = await gateway.client.call("approvals.get", { approvalId: id });
    expect(answered.ok && answered.value.state).toBe(winners[0]?.said === "allow" ? "consumed" : "denied");
  });
});
