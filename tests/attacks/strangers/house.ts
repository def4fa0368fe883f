/** One house with several people, whose model does what the last message says. */
import type { Approval, AuditReport, Share, TurnReport } from "@moltbot/contracts";
import { askedLast, scriptedModels, startFittedGateway } from "../../support/fitted-gateway.ts";
import type { FittedGateway, ScriptedModels } from "../../support/fitted-gateway.ts";
import { newPlace } from "../../support/gateway-process.ts";
import { arriveAt, clientCaller, given, parsed } from "../../support/people.ts";
import type { Caller, Said } from "../../support/people.ts";

export interface Somebody {
  readonly id: string;
  readonly cookie: string;
  readonly browser: Caller;
}
export interface StrangeHouse {
  readonly house: FittedGateway;
  readonly url: string;
  readonly port: number;
  readonly models: ScriptedModels;
  /** As the owner, at the machine. */
  readonly local: Caller;
  /** Somebody comes, with a role or one of the house's own. */
  join(name: string, role: string): Promise<Somebody>;
  tokenOf(call: Caller, wish?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Lets the model make these calls in a turn of somebody's. */
  obey(call: Caller, agentId: string, calls: readonly Obeyed[], more?: object): Promise<TurnReport>;
  /** Says yes to everything that a turn asks. */
  allowAll(call: Caller, report: TurnReport): Promise<TurnReport>;
  /** Shares a conversation of somebody's with another person, up to a message, as it was foreseen. */
  shareConversation(by: Caller, conversationId: string, upTo: string, personId: string): Promise<Share>;
  /** What the tools of a turn gave, as one text. */
  resultsOf(call: Caller, report: TurnReport): Promise<string>;
  /** Holds every answer of the model back until it is let go. */
  hold(): () => void;
  openAi(token: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Said>;
  close(): Promise<void>;
}
export interface Obeyed {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A key of a kind that is recognised as a secret. */
export const KEY = "sk-live-4f9aK2mPq8Zt7Wv1Bx6Ny3Rd";

/** Where the questions of a turn say that an address in them comes from. */
export const originsOfAddresses = ({ approvals }: TurnReport): readonly string[] =>
  approvals.flatMap(({ question }) =>
    question.arguments.filter(({ name }) => name === "address").map(({ origin }) => origin),
  );

/** A UUID of the seventh version that nothing has. */
export const ABSENT = "01890000-0000-7000-8000-000000000001";

export const startStrangeHouse = async (settings: Readonly<Record<string, unknown>> = {}): Promise<StrangeHouse> => {
  const plans = new Map<string, readonly Obeyed[]>();
  let held: Promise<void> | null = null;
  const models = scriptedModels(async (request) => {
    if (held !== null) await held;
    const plan = plans.get(/plan-\d+/.exec(askedLast(request))?.[0] ?? "");
    const since = request.messages.slice(request.messages.findLastIndex(({ role }) => role === "user"));
    return plan === undefined || since.some(({ role }) => role === "tool") ? { text: "So be it." } : { calls: plan };
  });
  const place = newPlace({
    gateway: { drainSeconds: 0 },
    limits: { requestsPerSecond: 100_000, callsPerTurn: 100_000, callsPerHour: 1_000_000 },
    ...settings,
  });
  const house = await startFittedGateway({ models }, place);
  const { url } = house.gateway;
  const local = clientCaller(house.client);
  let serial = 0;
  const allowAll: StrangeHouse["allowAll"] = async (call, report) => {
    let last = report;
    while (last.approvals.length > 0) {
      for (const { id } of last.approvals)
        given<Approval>(await call("approvals.answer", { approvalId: id, answer: "allow" }));
      last = given(await call("turns.get", { turnId: report.turnId, wait: "true" }));
    }
    return last;
  };
  return {
    house,
    url,
    port: Number(new URL(url).port),
    models,
    local,
    join: async (name, role) => {
      const { person, ...ways } = await arriveAt(url, local, name, role);
      return { id: person.id, ...ways };
    },
    tokenOf: async (call, wish = {}) =>
      given<{ token: string }>(await call("tokens.create", { name: "token", ...wish })).token,
    obey: async (call, agentId, calls, more = {}) => {
      const key = `plan-${String((serial += 1))}`;
      plans.set(key, calls);
      return given(
        await call("messages.send", { agentId, content: `as agreed: ${key}`, conversationId: "new", ...more }),
      );
    },
    allowAll,
    shareConversation: async (by, conversationId, upTo, personId) => {
      const { digest } = given<{ digest: string }>(await by("shares.foresee", { conversationId, upTo }));
      const object = { type: "conversation", id: conversationId };
      return given(await by("shares.set", { object, to: { kind: "person", id: personId }, upTo, seen: digest }));
    },
    resultsOf: async (call, { conversationId }) => (await call("conversations.messages", { conversationId })).text,
    hold: () => {
      let go = (): void => undefined;
      held = new Promise((resolve) => (go = resolve));
      return () => {
        held = null;
        go();
      };
    },
    openAi: async (token, body, headers = {}) => {
      const answer = await fetch(`${url}/openai/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      const text = await answer.text();
      const json = parsed(text);
      const error = typeof json === "object" && json !== null && "error" in json ? json.error : null;
      const code =
        typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
          ? error.code
          : null;
      return { status: answer.status, text, json, code };
    },
    close: async () => {
      const { ok, faults } = given<AuditReport>(await local("audit.verify"));
      if (!ok) throw new Error(`the audit log does not verify: ${JSON.stringify(faults)}`);
      await house.close();
      place.remove();
    },
  };
};
