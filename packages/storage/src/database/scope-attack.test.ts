import {
  AgentId,
  CallId,
  ContactId,
  DeviceId,
  Digest,
  MessageId,
  NEUTRAL_LABEL,
  PlanId,
  SessionId,
  PrincipalId,
  TokenId,
  TurnId,
  label,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  Capability,
  Contact,
  DecisionRecord,
  Memory,
  Plan,
  Principal,
  Reminder,
  Result,
  StoredAgent,
  StoredDevice,
  StoredSession,
  StoredToken,
  Turn,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { SqlBool } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import type { DatabaseParts } from "./open-database.ts";
import {
  AT,
  aCall,
  aCapability,
  aContact,
  aConversation,
  aDecision,
  aMemory,
  aMessage,
  aPlan,
  aReminder,
  aStop,
  aTurn,
  aUse,
  anAgent,
  anApproval,
  anEffect,
  codeOf,
  digest,
  later,
  must,
  next,
  openTest,
  person,
  removeFolders,
  scopeOf,
} from "./testing/world.ts";
import { onEveryEngine } from "./testing/engines.ts";
import {
  HELD_BY_OWNERSHIP,
  WORK_ATTACKS,
  WORK_OF_ONES_OWN,
  WORK_SCOPELESS,
  actAtHome,
  seedWork,
} from "./testing/work-attacks.ts";
import type { WorkVictim } from "./testing/work-attacks.ts";
import {
  EVERYONE,
  PEOPLE_ATTACKS,
  PEOPLE_OF_ONES_TENANT,
  SHARES_HELD_BY_OWNERSHIP,
  aPersonOf,
  aRole,
  aShare,
  aTeam,
  seedPeople,
  toPerson,
} from "./testing/people-attacks.ts";
import type { PeopleVictim } from "./testing/people-attacks.ts";
import {
  PACKAGE_ATTACKS,
  PACKAGES_HELD_OTHERWISE,
  PACKAGES_OF_ONES_OWN,
  seedPackages,
} from "./testing/package-attacks.ts";
import type { PackageVictim } from "./testing/package-attacks.ts";
import { SHARED_ATTACKS, SHARED_HELD_OTHERWISE, seedShared, shareAnothersSecret } from "./testing/shared-attacks.ts";
import type { SharedVictim } from "./testing/shared-attacks.ts";
import type { TestOptions } from "./testing/world.ts";

onEveryEngine((engine) => {
  /** Everything Ada has, with Gus as the only other person who may see her conversation. */
  interface Victim extends WorkVictim, PeopleVictim, SharedVictim, PackageVictim {
    readonly bob: Principal;
    readonly eve: Principal;
    readonly agent: StoredAgent;
    readonly approval: Approval;
    readonly capability: Capability;
    readonly call: ReturnType<typeof aCall>;
    readonly admitted: ReturnType<typeof aCall>;
    readonly decision: DecisionRecord;
    readonly reminder: Reminder;
    readonly memory: Memory;
    readonly plan: Plan;
    readonly contact: Contact;
    readonly queued: Turn;
    readonly waiting: Turn;
    readonly token: StoredToken;
    readonly session: StoredSession;
    readonly device: StoredDevice;
  }

  const HOST = { kind: "host", ref: "evil.example:443" } as const;
  const fromHost = label("untrusted", "public", [HOST]);
  const hostileFile = Digest.parse("ef".repeat(32));

  const seed = async (db: Database): Promise<Victim> => {
    const ada = person();
    const gus = person(ada.tenantId);
    const bob = person(ada.tenantId);
    const eve = person();
    const me = scopeOf(ada);
    const agent = anAgent(ada);
    const conversation = aConversation(ada, { agentId: agent.id, audience: [gus.id] });
    const token: StoredToken = {
      id: next(TokenId),
      principal: ada,
      role: "owner",
      name: "t",
      verifier: "v",
      createdAt: AT,
      expiresAt: later(9),
      scopes: null,
      integrity: "authority",
      key: null,
      madeWith: null,
      lastUsedAt: null,
      revokedAt: null,
    };
    for (const each of [ada, gus, bob, eve]) must(await db.identity.createPerson(each));
    must(await db.agents.create(me, agent));
    must(await db.conversations.create(me, conversation));
    const message = must(await db.conversations.append(me, "main", aMessage(conversation, "secret")));
    const approval = anApproval(conversation);
    const capability = aCapability(ada, agent.id);
    const call = aCall(conversation);
    must(await db.approvals.create(me, approval));
    must(await db.capabilities.create(me, capability));
    must(await db.calls.put(me, call));
    const admitted = aCall(conversation, { state: "admitted" });
    must(await db.calls.put(me, admitted));
    must(await db.calls.put(me, aCall(conversation, { state: "unknown" })));
    must(await db.capabilities.addUse(me, aUse(capability)));
    const decision = aDecision(conversation);
    must(await db.decisions.record(me, decision));
    must(await db.fileLabels.keep(me, digest, NEUTRAL_LABEL));
    const reminder = must(await db.reminders.create(me, aReminder(conversation)));
    const memory = must(await db.memories.create(me, aMemory(ada, "the secret word")));
    const plan = aPlan(conversation);
    must(await db.plans.create(me, plan));
    must(await db.plans.take(me, plan.id, 1, call.callId));
    const contact = must(await db.contacts.create(me, aContact(ada)));
    // What a hostile host brought in, and what came of it.
    must(await db.fileLabels.keep(me, hostileFile, fromHost));
    must(await db.memories.create(me, aMemory(ada, "a hostile word", { label: fromHost })));
    must(await db.decisions.record(me, anEffect(conversation, { callId: admitted.callId, label: fromHost })));
    const waiting = aTurn(ada, conversation);
    must(await db.turns.enqueue(me, waiting, null));
    const lease = must(await db.turns.claim(AT, later(1000)));
    if (lease === null) throw new Error("the only turn was not claimed");
    must(await db.turns.park(lease, [approval.id]));
    const queued = aTurn(ada, conversation);
    must(await db.turns.enqueue(me, queued, "key"));
    must(await db.identity.createToken(me, token));
    const session: StoredSession = {
      id: next(SessionId),
      principal: ada,
      verifier: "s",
      createdAt: AT,
      idleUntil: later(9),
      expiresAt: later(9),
      revokedAt: null,
      lastSeenAt: null,
    };
    must(await db.identity.createSession(session));
    const coordinate = "A".repeat(43);
    const device: StoredDevice = {
      id: next(DeviceId),
      principal: ada,
      name: "secret phone",
      thumbprint: coordinate,
      key: { kty: "OKP", crv: "Ed25519", x: coordinate },
      refreshVerifier: "r",
      pairedAt: AT,
      lastSeenAt: null,
      idleUntil: later(9),
      expiresAt: later(9),
      revokedAt: null,
    };
    must(await db.devices.create(device));
    const furnished = await seedWork(db, {
      ada,
      gus,
      bob,
      eve,
      agent,
      conversation,
      message,
      approval,
      capability,
      call,
      admitted,
      decision,
      reminder,
      memory,
      plan,
      contact,
      queued,
      waiting,
      token,
      session,
      device,
    });
    return seedPackages(db, await seedShared(db, await seedPeople(db, furnished)));
  };

  const otherDigest = Digest.parse("cd".repeat(32));
  type Attack = (db: Database, scope: AccessScope, victim: Victim) => Promise<Result<unknown>>;
  const END = { state: "stopped", messageId: null, code: null } as const;

  /** One attack per method that takes a scope. */
  const ATTACKS: Readonly<Record<string, Attack>> = {
    "agents.list": (db, scope) => db.agents.list(scope),
    "agents.find": (db, scope, { agent }) => db.agents.find(scope, agent.id),
    "agents.create": (db, scope, { ada }) => db.agents.create(scope, anAgent(ada)),
    "agents.setReading": (db, scope, { agent }) => db.agents.setReading(scope, agent.id, "open"),
    "agents.setTools": (db, scope, { agent }) => db.agents.setTools(scope, agent.id, ["exec.shell"]),
    "conversations.create": (db, scope, { ada }) => db.conversations.create(scope, aConversation(ada)),
    "conversations.find": (db, scope, { conversation }) => db.conversations.find(scope, conversation.id),
    "conversations.latest": (db, scope, { agent }) => db.conversations.latest(scope, agent.id),
    "conversations.list": (db, scope) => db.conversations.list(scope, 10),
    "conversations.append": (db, scope, { conversation }) =>
      db.conversations.append(scope, "main", aMessage(conversation, "intruder")),
    "conversations.append of a known id": (db, scope, { message }) => db.conversations.append(scope, "main", message),
    "conversations.path": (db, scope, { conversation }) => db.conversations.path(scope, conversation.id, "main", 10),
    "conversations.messages": (db, scope, { conversation }) =>
      db.conversations.messages(scope, conversation.id, null, 10),
    "conversations.search": (db, scope) => db.conversations.search(scope, "secret", { limit: 10 }),
    "conversations.search in one": (db, scope, { conversation }) =>
      db.conversations.search(scope, "secret", { conversationId: conversation.id, limit: 10 }),
    "conversations.message": (db, scope, { message }) => db.conversations.message(scope, message.id),
    "conversations.removeContent": (db, scope, { message }) =>
      db.conversations.removeContent(scope, message.id, "gone"),
    "plans.create": (db, scope, { conversation }) => db.plans.create(scope, aPlan(conversation)),
    "plans.find": (db, scope, { plan }) => db.plans.find(scope, plan.id),
    "plans.ofTurn": (db, scope, { plan }) => db.plans.ofTurn(scope, plan.turnId),
    "plans.takenBy": (db, scope, { plan }) => db.plans.takenBy(scope, plan.id, 1),
    "plans.take": (db, scope, { plan, call }) => db.plans.take(scope, plan.id, 2, call.callId),
    "plans.take of a taken step": (db, scope, { plan, call }) => db.plans.take(scope, plan.id, 1, call.callId),
    "contacts.list": (db, scope) => db.contacts.list(scope),
    "contacts.create": (db, scope, { ada }) =>
      db.contacts.create(scope, aContact(ada, { address: "eve@evil.example" })),
    "contacts.create of a known one": (db, scope, { contact }) => db.contacts.create(scope, contact),
    "contacts.remove": (db, scope, { contact }) => db.contacts.remove(scope, contact.id),
    "contacts.ofAddresses": (db, scope, { contact }) => db.contacts.ofAddresses(scope, [contact.address]),
    "provenance.item": (db, scope, { message }) => db.provenance.item(scope, message.id),
    "provenance.item of a memory": (db, scope, { memory }) => db.provenance.item(scope, memory.id),
    "provenance.item of a reminder": (db, scope, { reminder }) => db.provenance.item(scope, reminder.id),
    "provenance.derivedFrom": (db, scope) => db.provenance.derivedFrom(scope, HOST),
    "provenance.derivedFrom a message": (db, scope) => db.provenance.derivedFrom(scope, { kind: "message", ref: "m" }),
    "provenance.filesFrom": (db, scope) => db.provenance.filesFrom(scope, HOST),
    "provenance.effectsFrom": (db, scope) => db.provenance.effectsFrom(scope, HOST),
    "approvals.create": (db, scope, { conversation }) => db.approvals.create(scope, anApproval(conversation)),
    "approvals.find": (db, scope, { approval }) => db.approvals.find(scope, approval.id),
    "approvals.list": (db, scope) => db.approvals.list(scope, "pending", 10),
    "approvals.list of all": (db, scope) => db.approvals.list(scope, "all", 10),
    "approvals.ofTurn": (db, scope, { approval }) => db.approvals.ofTurn(scope, approval.turnId),
    "approvals.move": (db, scope, { approval }) => db.approvals.move(scope, approval.id, "pending", "allowed", {}),
    "approvals.move with an edit": (db, scope, { approval }) =>
      db.approvals.move(scope, approval.id, "pending", "allowed", { edited: { text: "mine" }, digest: otherDigest }),
    "approvals.since": (db, scope) => db.approvals.since(scope, AT, 10),
    "approvals.due": (db, scope) => db.approvals.due(scope, later(999_999), 10),
    "approvals.expire": (db, scope, { approval }) => db.approvals.expire(scope, [approval.id], later(999_999)),
    "approvals.cancelOpen": (db, scope) => db.approvals.cancelOpen(scope),
    "capabilities.ofHolders": (db, scope, { agent }) => db.capabilities.ofHolders(scope, [agent.id]),
    "capabilities.list": (db, scope) => db.capabilities.list(scope),
    "capabilities.create": (db, scope, { ada, agent }) => db.capabilities.create(scope, aCapability(ada, agent.id)),
    "capabilities.revoke": (db, scope, { capability }) => db.capabilities.revoke(scope, capability.id, AT),
    "capabilities.epoch": (db, scope) => db.capabilities.epoch(scope),
    "capabilities.usage": (db, scope, { capability }) => db.capabilities.usage(scope, [capability.id]),
    "capabilities.addUse": (db, scope, { capability }) => db.capabilities.addUse(scope, aUse(capability)),
    "calls.find": (db, scope, { call }) => db.calls.find(scope, call.callId),
    "calls.ofTurn": (db, scope, { call }) => db.calls.ofTurn(scope, call.turnId),
    "calls.put": (db, scope, { call }) => db.calls.put(scope, { ...call, state: "done" }),
    "calls.edit": (db, scope, { call }) => db.calls.edit(scope, { ...call, callDigest: otherDigest }),
    "calls.countUnknown": (db, scope) => db.calls.countUnknown(scope, AT),
    "calls.admitted": (db, scope, { admitted, agent }) => db.calls.admitted(scope, admitted.turnId, agent.id, AT),
    "decisions.record": (db, scope, { conversation }) => db.decisions.record(scope, aDecision(conversation)),
    "decisions.find": (db, scope, { decision }) => db.decisions.find(scope, decision.id),
    "decisions.ofCall": (db, scope, { decision }) => db.decisions.ofCall(scope, decision.callId),
    "decisions.page": (db, scope) => db.decisions.page(scope, {}, null, 10),
    "decisions.page of an agent": (db, scope, { agent }) => db.decisions.page(scope, { agentId: agent.id }, null, 10),
    "decisions.page of a tool": (db, scope, { agent }) =>
      db.decisions.page(scope, { agentId: agent.id, tool: "reminder.create", since: AT }, null, 10),
    "decisions.newest": (db, scope) => db.decisions.newest(scope, {}, null, 10),
    "decisions.newest of an agent": (db, scope, { agent }) =>
      db.decisions.newest(scope, { agentId: agent.id }, null, 10),
    "decisions.newest of a tool": (db, scope, { agent }) =>
      db.decisions.newest(scope, { agentId: agent.id, tool: "reminder.create" }, null, 10),
    "decisions.countCalls": (db, scope) => db.decisions.countCalls(scope, AT),
    "fileLabels.find": (db, scope) => db.fileLabels.find(scope, digest),
    "calls.put of a new id": (db, scope, { call }) => db.calls.put(scope, { ...call, callId: next(CallId) }),
    "reminders.create": (db, scope, { conversation }) => db.reminders.create(scope, aReminder(conversation)),
    "reminders.create as oneself": (db, scope, { conversation }) =>
      db.reminders.create(scope, aReminder(conversation, { ownerId: scope.principalId })),
    "reminders.create of a known call": (db, scope, { reminder }) => db.reminders.create(scope, reminder),
    "reminders.list": (db, scope) => db.reminders.list(scope, {}),
    "reminders.due": (db, scope) => db.reminders.due(scope, later(999_999), 10),
    "reminders.nextDue": (db, scope) => db.reminders.nextDue(scope),
    "reminders.find": (db, scope, { reminder }) => db.reminders.find(scope, reminder.id),
    "reminders.cancel": (db, scope, { reminder }) => db.reminders.cancel(scope, reminder.id),
    "reminders.markFired": (db, scope, { reminder }) => db.reminders.markFired(scope, reminder.id, AT),
    "memories.create": (db, scope, { ada }) => db.memories.create(scope, aMemory(ada, "planted")),
    "memories.find": (db, scope, { memory }) => db.memories.find(scope, memory.id),
    "memories.list": (db, scope) => db.memories.list(scope, 10),
    "memories.remove": (db, scope, { memory }) => db.memories.remove(scope, memory.id),
    "memories.search": (db, scope) => db.memories.search(scope, "secret", 10, []),
    "memories.search by a part": (db, scope) => db.memories.search(scope, "secr", 10, []),
    "turns.enqueue": (db, scope, { ada, conversation }) => db.turns.enqueue(scope, aTurn(ada, conversation), null),
    "turns.enqueue as oneself": (db, scope, { ada, conversation }) =>
      db.turns.enqueue(
        scope,
        { ...aTurn(ada, conversation), ownerId: scope.principalId, tenantId: scope.tenantId },
        null,
      ),
    "turns.enqueue of a known key": (db, scope, { queued }) =>
      db.turns.enqueue(scope, { ...queued, id: next(TurnId) }, "key"),
    "turns.byKey": (db, scope) => db.turns.byKey(scope, "key"),
    "turns.resume": (db, scope, { waiting }) => db.turns.resume(scope, waiting.id),
    "turns.cancel": (db, scope, { queued }) => db.turns.cancel(scope, queued.id, END),
    "turns.find": (db, scope, { queued }) => db.turns.find(scope, queued.id),
    "turns.ofConversation": (db, scope, { conversation }) => db.turns.ofConversation(scope, conversation.id, 10),
    "turns.open": (db, scope) => db.turns.open(scope),
    "turns.busyAgents": async (db, scope) => {
      const lease = must(await db.turns.claim(AT, later(1000)));
      const busy = await db.turns.busyAgents(scope);
      if (lease !== null) must(await db.turns.park(lease, []));
      return busy;
    },
    "turns.counts": (db, scope) => db.turns.counts(scope),
    "identity.createToken": (db, scope, { ada, token }) =>
      db.identity.createToken(scope, { ...token, id: next(TokenId), verifier: "w", principal: ada }),
    "identity.listTokens": (db, scope) => db.identity.listTokens(scope),
    "identity.revokeToken": (db, scope, { token }) => db.identity.revokeToken(scope, token.id, AT),
    "identity.listSessions": (db, scope) => db.identity.listSessions(scope, AT),
    "identity.endSession": (db, scope, { session }) => db.identity.endSession(scope, session.id, AT),
    "identity.endAll": (db, scope, { ada }) => db.identity.endAll(scope, ada.id, AT),
    "devices.list": (db, scope) => db.devices.list(scope),
    "devices.revoke": (db, scope, { device }) => db.devices.revoke(scope, device.id, AT),
    "devices.revokeAll": (db, scope, { ada }) => db.devices.revokeAll(scope, ada.id, AT),
    ...WORK_ATTACKS,
    ...PEOPLE_ATTACKS,
    ...SHARED_ATTACKS,
    ...PACKAGE_ATTACKS,
  };

  /** Methods that touch the caller's own tenant and nothing else; attacked below. */
  const OF_ONES_TENANT = new Set([
    "capabilities.raiseEpoch",
    "stops.current",
    "stops.begin",
    "stops.end",
    "fileLabels.keep",
    ...WORK_OF_ONES_OWN,
    ...PEOPLE_OF_ONES_TENANT,
    ...PACKAGES_OF_ONES_OWN,
  ]);

  /** Methods that take no scope: look-ups by a secret verifier, and those of the holder of a lease. */
  const SCOPELESS = new Set([
    "identity.owner",
    "identity.createPerson",
    "identity.tokenByVerifier",
    "identity.tokensUsed",
    "identity.createSession",
    "identity.sessionByVerifier",
    "identity.revokeSession",
    "identity.createSignInLink",
    "identity.useSignInLink",
    "identity.touchSession",
    "identity.touchToken",
    "devices.create",
    "devices.byId",
    "devices.byRefresh",
    "devices.rotate",
    "devices.touch",
    "devices.createPairing",
    "devices.usePairing",
    "turns.claim",
    "turns.extend",
    "turns.progress",
    "turns.park",
    "turns.finish",
    "turns.recover",
    "turns.wakeAnswered",
    ...WORK_SCOPELESS,
  ]);

  /** What a bug elsewhere could hand in. */
  const NO_REACH = "everything" as AccessScope["reach"]; // it does not exist
  const attackersOf = ({ ada, bob, eve }: Victim): readonly (readonly [string, AccessScope])[] => [
    ["another owner of the tenant", scopeOf(bob)],
    ["another tenant's person", scopeOf(eve)],
    ["another tenant as a whole", scopeOf(eve, "tenant")],
    ["another tenant with this principal's id", { tenantId: eve.tenantId, principalId: ada.id, reach: "own" }],
    [
      "another tenant as a whole with this principal's id",
      { tenantId: eve.tenantId, principalId: ada.id, reach: "tenant" },
    ],
    ["a reach that does not exist", { tenantId: ada.tenantId, principalId: ada.id, reach: NO_REACH }],
  ];

  /** Whether an answer gave anything away or changed anything. */
  const reached = (result: Result<unknown>): boolean => {
    if (!result.ok) return false;
    const value = result.value;
    if (value === null || value === false || value === 0) return false;
    if (Array.isArray(value)) return value.length > 0;
    return typeof value === "object" ? Object.values(value).some((each) => each !== 0) : true;
  };

  const dump = async (options: TestOptions): Promise<string> => {
    const raw = await engine.intruder(options);
    const tables = await raw.everything();
    await raw.close();
    return JSON.stringify(Object.entries(tables));
  };

  /** Every row of one person's tenant, as it stands in the database. */
  const ownRows = async (options: TestOptions, { tenantId }: Principal): Promise<string> =>
    JSON.stringify(
      (JSON.parse(await dump(options)) as readonly (readonly [string, readonly { tenant_id?: string }[]])[]).map(
        ([table, rows]) => [table, rows.filter((row) => row.tenant_id === tenantId)],
      ), // as dump writes it
    );

  /** Every row that one person owns. */
  const rowsOwnedBy = async (options: TestOptions, { id }: Principal): Promise<string> =>
    JSON.stringify(
      (JSON.parse(await dump(options)) as readonly (readonly [string, readonly { owner_id?: string }[]])[]).map(
        ([table, rows]) => [table, rows.filter((row) => row.owner_id === id)],
      ), // as dump writes it
    );

  const world = async (
    parts: Partial<DatabaseParts> = {},
  ): Promise<{ db: Database; options: TestOptions; victim: Victim }> => {
    const options = engine.options();
    const db = await openTest(options, parts);
    return { db, options, victim: await seed(db) };
  };
  afterAll(removeFolders);

  describe("the access scope", () => {
    it("is attacked through every method there is", async () => {
      const { db } = await world();
      const methods = Object.entries(db)
        .filter(([, room]) => typeof room === "object" && room !== db.auditDetails && room !== db.searchAbilities)
        .flatMap(([room, repository]: readonly [string, object]) =>
          Object.keys(repository).map((method) => `${room}.${method}`),
        );
      const covered = new Set([
        ...Object.keys(ATTACKS).map((name) => name.split(" ")[0]),
        ...OF_ONES_TENANT,
        ...SCOPELESS,
      ]);
      expect(methods.filter((method) => !covered.has(method))).toEqual([]);
      expect(methods.length).toBeGreaterThan(60);
      await db.close();
    });

    it("lets no stranger reach or change anything, by any method", async () => {
      const { db, options, victim } = await world();
      const before = (await dump(options)).replaceAll(/"(fence|updated_at)":[^,]+/g, "");
      for (const [who, scope] of attackersOf(victim)) {
        for (const [name, attack] of Object.entries(ATTACKS)) {
          if (name === "turns.busyAgents") continue; // it must change the queue to be tried; below
          const result = await attack(db, scope, victim);
          expect([who, name, reached(result)]).toEqual([who, name, false]);
          expect(["ok", "NOT_FOUND"]).toContain(codeOf(result));
        }
      }
      expect((await dump(options)).replaceAll(/"(fence|updated_at)":[^,]+/g, "")).toBe(before);
      for (const [, scope] of attackersOf(victim)) expect(reached(await busyAgentsOf(db, scope, victim))).toBe(false);
      await db.close();
    });

    it("lets nobody stop, resume, revoke or relabel another tenant, or act as another person", async () => {
      const { db, options, victim } = await world();
      const { ada, agent, queued, call } = victim;
      const me = scopeOf(ada);
      const stop = aStop(ada, { reason: "enough" });
      must(await db.stops.begin(me, stop));
      const before = await ownRows(options, ada);
      for (const [who, scope] of attackersOf(victim)) {
        const ofTheTenant = scope.tenantId === ada.tenantId;
        // Everybody of the tenant may know that it is stopped; nobody else does.
        expect([who, must(await db.stops.current(scope))]).toEqual([who, ofTheTenant ? stop : null]);
        const attacks = [
          await db.stops.begin(scope, aStop(ada)),
          await db.stops.begin({ ...scope, tenantId: ada.tenantId }, aStop(ada, { by: scope.principalId })),
          await db.stops.end(scope, stop.id, ada.id, AT),
          await db.fileLabels.keep({ ...scope, reach: NO_REACH }, digest, NEUTRAL_LABEL),
          await db.capabilities.raiseEpoch({ ...scope, reach: NO_REACH }),
        ];
        for (const attack of attacks) expect(["NOT_FOUND", "NOT_STOPPED", "CONFLICT"]).toContain(codeOf(attack));
        if (ofTheTenant) continue;
        // What a stranger does at home stays there.
        await db.capabilities.raiseEpoch(scope);
        await db.fileLabels.keep(scope, digest, label("untrusted", []));
        const own = aStop(ada, { tenantId: scope.tenantId, by: scope.principalId });
        await db.stops.begin(scope, own);
        expect(codeOf(await db.stops.end(scope, stop.id, scope.principalId, AT))).not.toBe("ok");
        await db.stops.end(scope, own.id, scope.principalId, AT);
        expect(codeOf(await db.stops.end(scope, own.id, scope.principalId, AT))).not.toBe("ok");
      }
      expect(await ownRows(options, ada)).toBe(before);
      expect(must(await db.stops.current(me))).toEqual(stop);
      expect(must(await db.capabilities.epoch(me))).toBe(0);
      expect(must(await db.capabilities.ofHolders(me, [agent.id]))).toHaveLength(1);
      expect(must(await db.fileLabels.find(me, digest))).toEqual(NEUTRAL_LABEL);
      expect(must(await db.calls.find(me, call.callId))).toEqual(call);
      expect(must(await db.turns.claim(AT, later(1000)))).toBeNull();
      expect(must(await db.turns.find(me, queued.id)).state).toBe("queued");
      await db.close();
    });

    it("shows who is in a house to everybody in it, and to nobody else; as oneself nobody adds to it", async () => {
      const { db, options, victim } = await world();
      const { ada, bob, gus, role, team } = victim;
      const before = await ownRows(options, ada);
      const intruder = aPersonOf({ ...bob, id: next(PrincipalId) }, { name: "Intruder" });
      for (const [who, scope] of attackersOf(victim)) {
        const inHouse = scope.tenantId === ada.tenantId && scope.reach === "own";
        const people = must(await db.people.list(scope));
        expect([who, people.some(({ id }) => id === ada.id)]).toEqual([who, inHouse]);
        expect([who, codeOf(await db.people.find(scope, gus.id))]).toEqual([who, inHouse ? "ok" : "NOT_FOUND"]);
        expect([who, must(await db.teams.list(scope))]).toEqual([who, inHouse ? [team] : []]);
        expect([who, must(await db.roles.list(scope))]).toEqual([who, inHouse ? [role] : []]);
        expect([who, codeOf(await db.roles.find(scope, role.id))]).toEqual([who, inHouse ? "ok" : "NOT_FOUND"]);
        expect([who, codeOf(await db.teams.find(scope, team.id))]).toEqual([who, inHouse ? "ok" : "NOT_FOUND"]);
        expect([who, must(await db.teams.ofPerson(scope, gus.id))]).toEqual([who, inHouse ? [team.id] : []]);
        const added = [
          await db.people.create({ ...scope, reach: "own" }, intruder),
          await db.people.create({ ...scope, reach: NO_REACH }, intruder),
          await db.people.create(scope, aPersonOf(gus, { role: "admin" })),
          await db.roles.create({ ...scope, reach: "own" }, aRole()),
          await db.roles.create({ ...scope, reach: NO_REACH }, aRole()),
          await db.roles.create(scope, role),
          await db.teams.create({ ...scope, reach: "own" }, aTeam([bob])),
          await db.teams.create({ ...scope, reach: NO_REACH }, aTeam([bob])),
          await db.teams.create(scope, { ...team, members: [] }),
          // What a stranger makes at home has nobody of this house in it.
          await db.teams.create({ ...scope, tenantId: victim.eve.tenantId, reach: "tenant" }, aTeam([gus])),
        ];
        for (const each of added) expect(["NOT_FOUND", "CONFLICT"]).toContain(codeOf(each));
      }
      expect(await ownRows(options, ada)).toBe(before);
      await db.close();
    });

    it("opens with a shared agent nothing else of its owner's", async () => {
      const { db, options, victim } = await world();
      const { ada, bob, agent } = victim;
      for (const to of [toPerson(bob), EVERYONE])
        must(await db.shares.set(scopeOf(ada), aShare(agent, to, { rights: ["use", "edit", "delete"] })));
      expect(must(await db.agents.find(scopeOf(bob), agent.id))).toEqual(agent);
      const before = (await dump(options)).replaceAll(/"(fence|updated_at)":[^,]+/g, "");
      // What a share does give.
      const given = new Set(["agents.list", "agents.find", "agents.setReading", "agents.setTools", "shares.ofObject"]);
      for (const [name, attack] of Object.entries(ATTACKS)) {
        if (given.has(name) || name === "turns.busyAgents") continue;
        const result = await attack(db, scopeOf(bob), victim);
        expect([name, reached(result)]).toEqual([name, false]);
        expect(["ok", "NOT_FOUND"]).toContain(codeOf(result));
      }
      expect((await dump(options)).replaceAll(/"(fence|updated_at)":[^,]+/g, "")).toBe(before);
      // Whoever is of another house is not everyone.
      expect(codeOf(await db.agents.find(scopeOf(victim.eve), agent.id))).toBe("NOT_FOUND");
      const mixed: AccessScope = { tenantId: ada.tenantId, principalId: victim.eve.id, reach: "own" };
      expect(codeOf(await db.agents.find(mixed, agent.id))).toBe("NOT_FOUND");
      expect(must(await db.agents.list(mixed))).toEqual([]);
      await db.close();
    });

    it("lets what somebody writes about another's secret stand in their own name, and change nothing of its owner's", async () => {
      const { db, options, victim } = await world();
      const { ada, bob, secret } = victim;
      const before = await rowsOwnedBy(options, ada);
      for (const [, scope] of attackersOf(victim))
        expect(["ok", "NOT_FOUND", "CONFLICT"]).toContain(codeOf(await shareAnothersSecret(db, scope, victim)));
      expect(await rowsOwnedBy(options, ada)).toBe(before);
      // Of a secret only its owner's shares are asked for, and they are as they were.
      expect(must(await db.shares.ofObject(scopeOf(ada), secret))).toHaveLength(1);
      for (const share of must(await db.shares.ofObject(scopeOf(bob), secret))) expect(share.by).toBe(bob.id);
      await db.close();
    });

    it("spends no grant of the owner's in the turns of whom the agent is shared with", async () => {
      const { db, victim } = await world();
      const { ada, bob, agent, capability } = victim;
      must(await db.shares.set(scopeOf(ada), aShare(agent, toPerson(bob))));
      const granted = aCapability(bob, agent.id);
      must(await db.capabilities.create(scopeOf(bob), granted));
      expect(must(await db.capabilities.ofHolders(scopeOf(bob), [agent.id]))).toEqual([granted]);
      expect(must(await db.capabilities.ofHolders(scopeOf(ada), [agent.id]))).toEqual([capability]);
      expect(must(await db.capabilities.usage(scopeOf(bob), [capability.id]))).toEqual([]);
      expect(codeOf(await db.capabilities.addUse(scopeOf(bob), aUse(capability)))).toBe("NOT_FOUND");
      await db.close();
    });

    it("lets what strangers write in their own name change nothing of anybody else's", async () => {
      const { db, options, victim } = await world();
      const before = await rowsOwnedBy(options, victim.ada);
      for (const [who, scope] of attackersOf(victim))
        for (const answer of await actAtHome(db, scope, victim)) expect([who, "ok", "NOT_FOUND"]).toContain(answer);
      expect(await rowsOwnedBy(options, victim.ada)).toBe(before);
      await db.close();
    });

    it("lets the audience read what is shared, and take, keep or end nothing of its owner's", async () => {
      const { db, options, victim } = await world();
      const { ada, gus, conversation, attachment, queuedJob } = victim;
      const guest = scopeOf(gus);
      expect(must(await db.attachments.find(guest, attachment.id)).attachment).toEqual(attachment);
      const before = await rowsOwnedBy(options, ada);
      const shared = new Set(["conversations.branch", "attachments.find", "attachments.ofConversation", "outbox.put"]);
      for (const [name, attack] of Object.entries(WORK_ATTACKS)) {
        if (shared.has(name.split(" ")[0] ?? "")) continue;
        const result = await attack(db, guest, victim);
        expect([name, reached(result)]).toEqual([name, false]);
        expect(["ok", "NOT_FOUND"]).toContain(codeOf(result));
      }
      await actAtHome(db, guest, victim);
      expect(await rowsOwnedBy(options, ada)).toBe(before);
      expect(must(await db.jobs.find(scopeOf(ada), queuedJob.id))).toEqual(queuedJob);
      expect(must(await db.attachments.total(guest))).toBe(0);
      expect(must(await db.conversations.find(guest, conversation.id)).id).toBe(conversation.id);
      await db.close();
    });

    it("answers the same for what is hidden and for what does not exist", async () => {
      const { db, victim } = await world();
      const bob = scopeOf(victim.bob);
      const hidden = [
        await db.agents.find(bob, victim.agent.id),
        await db.conversations.message(bob, victim.message.id),
        await db.turns.find(bob, victim.queued.id),
        await db.plans.takenBy(bob, victim.plan.id, 1),
        await db.contacts.remove(bob, victim.contact.id),
        await db.provenance.item(bob, victim.message.id),
      ];
      const absent = [
        await db.agents.find(bob, next(AgentId)),
        await db.conversations.message(bob, next(MessageId)),
        await db.turns.find(bob, next(TurnId)),
        await db.plans.takenBy(bob, next(PlanId), 1),
        await db.contacts.remove(bob, next(ContactId)),
        await db.provenance.item(bob, next(MessageId)),
      ];
      expect(JSON.stringify(hidden)).toBe(JSON.stringify(absent));
      await db.close();
    });

    it("shows the owner, the audience, the tenant and the system what is theirs", async () => {
      const { db, victim } = await world();
      const { ada, gus, bob, conversation } = victim;
      for (const scope of [scopeOf(ada), scopeOf(gus), scopeOf(bob, "tenant"), scopeOf(victim.eve, "system")]) {
        expect(must(await db.conversations.find(scope, conversation.id)).id).toBe(conversation.id);
        expect(must(await db.conversations.path(scope, conversation.id, "main", 5))).toHaveLength(1);
        expect(must(await db.turns.counts(scope)).queued).toBe(1);
      }
      // The audience of a conversation is not the audience of its owner's memories, grants and reminders.
      expect(must(await db.memories.search(scopeOf(gus), "secret", 5, []))).toEqual([]);
      expect(must(await db.capabilities.list(scopeOf(gus)))).toEqual([]);
      expect(must(await db.reminders.list(scopeOf(gus), {}))).toEqual([]);
      expect(must(await db.contacts.ofAddresses(scopeOf(gus), [victim.contact.address]))).toEqual([]);
      expect(must(await db.provenance.filesFrom(scopeOf(gus), HOST))).toEqual([]);
      expect(codeOf(await db.provenance.item(scopeOf(gus), victim.memory.id))).toBe("NOT_FOUND");
      // What belongs to the conversation is theirs as well.
      expect(must(await db.plans.find(scopeOf(gus), victim.plan.id))).toEqual(victim.plan);
      expect(must(await db.provenance.effectsFrom(scopeOf(gus), HOST))).toHaveLength(1);
      const mine = aTurn(gus, conversation);
      expect(must(await db.turns.enqueue(scopeOf(gus), mine, "key")).fresh).toBe(true);
      expect(must(await db.turns.find(scopeOf(ada), mine.id)).ownerId).toBe(gus.id);
      const reminder = must(await db.reminders.create(scopeOf(gus), aReminder(conversation, { ownerId: gus.id })));
      expect(must(await db.reminders.list(scopeOf(gus), {}))).toEqual([reminder]);
      await db.close();
    });
  });

  const busyAgentsOf = (db: Database, scope: AccessScope, victim: Victim): Promise<Result<unknown>> => {
    const attack = ATTACKS["turns.busyAgents"];
    if (attack === undefined) throw new Error("the attack is in the table");
    return attack(db, scope, victim);
  };

  describe("unplug: without the scope predicate the same attacks succeed", () => {
    const everything: DatabaseParts["visibility"] = () => sql<SqlBool>`(1 = 1)`;
    // Held by the check of the new row's owner, or answering about the caller's own tenant alone.
    const otherControls = new Set([
      "agents.create",
      "conversations.create",
      "capabilities.create",
      "capabilities.epoch",
      "contacts.create",
      "contacts.create of a known one",
      "memories.create",
      "identity.createToken",
      "turns.enqueue",
      "turns.enqueue as oneself",
      "reminders.create as oneself",
      ...HELD_BY_OWNERSHIP,
      ...SHARES_HELD_BY_OWNERSHIP,
      ...SHARED_HELD_OTHERWISE,
      ...PACKAGES_HELD_OTHERWISE,
    ]);

    it("what strangers write in their own name takes the place of somebody else's", async () => {
      const { db, options, victim } = await world({ visibility: everything });
      const before = await rowsOwnedBy(options, victim.ada);
      await actAtHome(db, scopeOf(victim.bob), victim);
      expect(await rowsOwnedBy(options, victim.ada)).not.toBe(before);
      await db.close();
    });

    it.each(Object.keys(ATTACKS).filter((name) => !otherControls.has(name)))("%s", async (name) => {
      const { db, victim } = await world({ visibility: everything });
      const attack = ATTACKS[name];
      const results: boolean[] = [];
      for (const [, scope] of attackersOf(victim))
        if (attack !== undefined) results.push(reached(await attack(db, scope, victim)));
      expect(results).toContain(true);
      await db.close();
    });
  });
});
