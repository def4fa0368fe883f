import type {
  Agent,
  Approval,
  Attachment,
  Capability,
  Contact,
  Memory,
  Message,
  Person,
  Reminder,
  SessionInfo,
  Share,
  TurnReport,
} from "@moltbot/contracts";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { askedLast, scriptedModels } from "../../support/fitted-gateway.ts";
import type { FittedGateway } from "../../support/fitted-gateway.ts";
import { browserCaller, given, signInWith, strangerCaller, tokenCaller } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";
import { SCOPES } from "./oracle.ts";
import type { ActorName } from "./oracle.ts";

/** Everything of one person that an operation can be asked for. */
export interface Things {
  readonly agentId: string;
  readonly conversationId: string;
  readonly turnId: string;
  readonly messageId: string;
  readonly callId: string;
  readonly approvalId: string;
  readonly capabilityId: string;
  readonly contactId: string;
  readonly reminderId: string;
  /** Many, because removing one takes it away. */
  readonly memories: string[];
  readonly attachmentId: string;
  readonly tokenId: string;
  readonly sessionId: string;
  readonly shareId: string;
}

/** Somebody of the house, and the ways in that they have. */
export interface Somebody {
  readonly name: string;
  readonly id: string;
  /** A word that stands in everything they have and nowhere else. */
  readonly word: string;
  readonly browser: Caller;
  readonly cookie: string;
  readonly token: string;
  readonly things: Things;
}

/** How an actor calls, by surface; a way that they do not have is left out. */
export interface Actor {
  readonly name: ActorName;
  /** Whose the things are that are their own; null for a stranger. */
  readonly person: Somebody | null;
  readonly token: string | null;
  readonly callers: Partial<Readonly<Record<"token" | "browser" | "client" | "local", Caller>>>;
}

export interface World {
  readonly house: FittedGateway;
  readonly url: string;
  readonly actors: readonly Actor[];
  readonly people: readonly Somebody[];
  /** Lets everyone use an agent. */
  readonly bob: Somebody;
  /** Lets everyone use and edit one. */
  readonly eve: Somebody;
  /** Lets everyone use one, and keeps it from the team of all. */
  readonly kim: Somebody;
  /** Shares nothing. */
  readonly carl: Somebody;
  /** Nobody changes them: the owner, and for the owner somebody who left. */
  readonly owner: Somebody;
  readonly gone: Somebody;
  readonly teamId: string;
  /** As the owner, at the machine. */
  readonly local: Caller;
  /** What came over the event streams of whoever may have one. */
  readonly heard: ReadonlyMap<string, () => string>;
  close(): Promise<void>;
}

const MEMORIES = 8;

/** Remembers and reminds when it is told to make something, and then asks to fetch a page, which waits for an answer. */
export const matrixModels = () =>
  scriptedModels((request) => {
    const asked = askedLast(request);
    const [word] = /zq\w+xq/.exec(asked) ?? [];
    if (word === undefined || !asked.startsWith("make ")) return { text: `heard ${asked}` };
    const since = request.messages.slice(request.messages.findLastIndex(({ role }) => role === "user"));
    const answered = since.filter(({ role }) => role === "tool").length;
    if (answered === 0)
      return {
        calls: [
          ...Array.from({ length: MEMORIES }, (_, at) => ({
            tool: "memory.save",
            arguments: { text: `${word} number ${String(at)}` },
          })),
          { tool: "reminder.create", arguments: { minutes: 600, text: word } },
        ],
      };
    return { calls: [{ tool: "web.fetch", arguments: { url: `https://${word}.example/` } }] };
  });

export const MATRIX_SETTINGS = {
  gateway: { drainSeconds: 0 },
  limits: { requestsPerSecond: 100_000, callsPerTurn: 100_000, callsPerHour: 1_000_000 },
};

const clientCaller = (url: string, token: string): Caller => {
  const client = createClient({ transport: nodeTransport({ url, token }) });
  return async (name, input = {}) => {
    const said = await client.call(name, input as never); // the matrix's own inputs
    return said.ok
      ? { status: 200, text: JSON.stringify(said.value), json: said.value, code: null }
      : {
          status: said.error.code === "NOT_SIGNED_IN" || said.error.code === "TOKEN_INVALID" ? 401 : 400,
          text: JSON.stringify(said.error),
          json: said.error,
          code: said.error.code,
        };
  };
};

const localCaller =
  ({ client }: FittedGateway): Caller =>
  async (name, input = {}) => {
    const said = await client.call(name, input as never); // the matrix's own inputs
    return said.ok
      ? { status: 200, text: JSON.stringify(said.value), json: said.value, code: null }
      : { status: 400, text: JSON.stringify(said.error), json: said.error, code: said.error.code };
  };

/** Says yes to everything until it is asked to fetch a page, and leaves that question open. */
const untilFetch = async (call: Caller, report: TurnReport): Promise<Approval> => {
  const fetching = report.approvals.find(({ question }) => question.tool === "web.fetch");
  if (fetching !== undefined) return fetching;
  if (report.approvals.length === 0) throw new Error(`nothing was asked: ${JSON.stringify(report)}`);
  for (const { id } of report.approvals) given(await call("approvals.answer", { approvalId: id, answer: "allow" }));
  return untilFetch(call, given(await call("turns.get", { turnId: report.turnId, wait: "true" })));
};

/** Makes one of everything for somebody who may. */
const makeThings = async (
  call: Caller,
  url: string,
  name: string,
  word: string,
  shareWith: (agentId: string) => Promise<string>,
): Promise<Things> => {
  const agentId = given<Agent>(await call("agents.create", { name: `agent of ${name}` })).id;
  const send = async (content: string): Promise<TurnReport> =>
    given(await call("messages.send", { agentId, content, conversationId: "new" }));
  const said = await send(`hello ${word}`);
  const made = await send(`make ${word}`);
  const asked = await untilFetch(call, made);
  const { conversationId } = said;
  const [message] = given<Message[]>(await call("conversations.messages", { conversationId }));
  const capability = given<Capability>(
    await call("capabilities.grant", {
      holder: agentId,
      tool: "web.fetch",
      constraints: [{ kind: "equals", argument: "url", value: `https://${word}.example/granted` }],
      expires: 1,
      reason: word,
    }),
  );
  const contact = given<Contact>(
    await call("contacts.add", { kind: "person", name: word, address: `${word}@example.org` }),
  );
  const memories = given<Memory[]>(await call("memories.list"));
  const [reminder] = given<Reminder[]>(await call("reminders.list"));
  const attachment = given<Attachment>(
    await call("attachments.create", {
      conversationId,
      name: `${word}.txt`,
      mediaType: "text/plain",
      content: Buffer.from(word).toString("base64"),
    }),
  );
  const token = given<{ id: string }>(await call("tokens.create", { name: word }));
  const { url: link } = given<{ url: string }>(await call("links.create"));
  await signInWith(url, link);
  const session = given<SessionInfo[]>(await call("sessions.list")).find(({ current }) => !current);
  return {
    agentId,
    conversationId,
    turnId: said.turnId,
    messageId: message?.id ?? "",
    callId: asked.callId,
    approvalId: asked.id,
    capabilityId: capability.id,
    contactId: contact.id,
    reminderId: reminder?.id ?? "",
    memories: memories.map(({ id }) => id),
    attachmentId: attachment.id,
    tokenId: token.id,
    sessionId: session?.id ?? "",
    shareId: await shareWith(agentId),
  };
};

/** Follows somebody's events; gives what came so far. */
const follow = async (url: string, cookie: string, closing: AbortSignal): Promise<() => string> => {
  let text = "";
  const stream = await fetch(`${url}/v2/events`, { headers: { cookie }, signal: closing });
  if (!stream.ok || stream.body === null) throw new Error(`no events: ${String(stream.status)}`);
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
  void (async () => {
    for (;;) {
      const { done, value = "" } = await reader.read();
      if (done) return;
      text += value;
    }
  })().catch(() => undefined);
  return () => text;
};

/** A house in which everybody has one of everything. */
export const buildWorld = async (house: FittedGateway): Promise<World> => {
  const { url } = house.gateway;
  const local = localCaller(house);
  const closing = new AbortController();
  const heard = new Map<string, () => string>();
  const ownerId = given<Person>(await local("sessions.current")).id;
  const team = given<{ id: string }>(await local("teams.create", { name: "nobody" }));

  type Shares = (agentId: string) => readonly Readonly<Record<string, unknown>>[];
  const withNobody: Shares = () => [{ to: { kind: "team", id: team.id } }];
  const settle = async (name: string, id: string, cookie: string, shares = withNobody): Promise<Somebody> => {
    const word = `zq${name}xq`;
    const browser = browserCaller(url, cookie);
    const token = given<{ token: string }>(
      await browser("tokens.create", { name: "all", role: given<Person>(await browser("sessions.current")).role }),
    ).token;
    heard.set(name, await follow(url, cookie, closing.signal));
    const things = await makeThings(browser, url, name, word, async (agentId) => {
      const object = { type: "agent", id: agentId };
      const made: string[] = [];
      for (const share of shares(agentId))
        made.push(given<Share>(await browser("shares.set", { object, ...share })).id);
      return made[0] ?? "";
    });
    return { name, id, word, browser, cookie, token, things };
  };
  const join = async (name: string, role: Person["role"], shares = withNobody): Promise<Somebody> => {
    const invited = given<{ person: Person; url: string }>(await local("people.invite", { name, role }));
    const { cookie } = await signInWith(url, invited.url);
    return settle(name, invited.person.id, cookie, shares);
  };

  const ownerCookie = (await signInWith(url, given<{ url: string }>(await local("links.create")).url)).cookie;
  const owner = await settle("olga", ownerId, ownerCookie);
  const admin = await join("adam", "admin");
  const member = await join("mia", "member");
  const viewer = await join("vic", "member");
  const suspended = await join("sue", "member");
  const gone = await join("leo", "member");
  const demoted = await join("dora", "admin");
  const everyone = { kind: "everyone" };
  const all = given<{ id: string }>(
    await local("teams.create", {
      name: "all",
      members: [owner, admin, member, viewer, suspended, gone, demoted].map(({ id }) => id),
    }),
  );
  const bob = await join("bob", "member", () => [{ to: everyone }]);
  const eve = await join("eve", "member", () => [{ to: everyone, rights: ["use", "edit"] }]);
  const kim = await join("kim", "member", () => [
    { to: { kind: "team", id: all.id }, effect: "deny" },
    { to: everyone, rights: ["use", "edit", "delete"] },
  ]);
  const carl = await join("carl", "member");
  given(await local("people.change", { personId: viewer.id, role: "viewer" }));
  given(await local("people.change", { personId: demoted.id, role: "member" }));
  given(await local("people.change", { personId: suspended.id, state: "suspended" }));
  given(await local("people.remove", { personId: gone.id }));
  const viewerToken = given<{ token: string }>(
    await owner.browser("tokens.create", { name: "weak", role: "viewer" }),
  ).token;
  const scoped = given<{ token: string }>(
    await member.browser("tokens.create", { name: "scoped", role: "member", scopes: SCOPES }),
  ).token;

  const callersOf = (token: string, cookie: string | null): Actor["callers"] => ({
    token: tokenCaller(url, token),
    client: clientCaller(url, token),
    ...(cookie === null ? {} : { browser: browserCaller(url, cookie) }),
  });
  const whole = (name: ActorName, person: Somebody): Actor => ({
    name,
    person,
    token: person.token,
    callers: callersOf(person.token, person.cookie),
  });
  const nobody = (name: ActorName, person: Somebody): Actor => ({
    name,
    person,
    token: person.token,
    callers: {
      token: strangerCaller(url, { authorization: `Bearer ${person.token}` }),
      browser: strangerCaller(url, { cookie: person.cookie, origin: url }),
    },
  });
  const actors: readonly Actor[] = [
    whole("viewer", viewer),
    whole("member", member),
    whole("admin", admin),
    { ...whole("owner", owner), callers: { ...callersOf(owner.token, owner.cookie), local } },
    whole("demoted", demoted),
    { name: "scoped", person: member, token: scoped, callers: callersOf(scoped, null) },
    { name: "weak", person: owner, token: viewerToken, callers: callersOf(viewerToken, null) },
    nobody("suspended", suspended),
    nobody("left", gone),
    { name: "stranger", person: null, token: null, callers: { token: strangerCaller(url, {}) } },
  ];
  return {
    house,
    url,
    actors,
    people: [owner, admin, member, viewer, demoted, suspended, gone, bob, eve, kim, carl],
    bob,
    eve,
    kim,
    carl,
    owner,
    gone,
    teamId: team.id,
    local,
    heard,
    close: async () => {
      closing.abort();
      await house.close();
      house.place.remove();
    },
  };
};
