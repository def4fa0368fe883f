import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  ConversationId,
  ErasureCertificate,
  PrincipalId,
  PrivacyRepository,
  PrivacySubject,
  Result,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { conversationRemoval } from "./privacy-conversation.ts";
import { personRemoval } from "./privacy-person.ts";
import { retirement } from "./privacy-retirement.ts";
import { privacyScan } from "./privacy-scan.ts";
import { fromJson, toJson } from "./schema.ts";
import type { ErasureTable } from "./privacy-schema.ts";
import type { JsonText, PrincipalTable, Row } from "./schema.ts";
import { OF_SYSTEM } from "./subjects.ts";

/** How many rows went, by table; tables of which none went are left out. */
export type Counts = Readonly<Record<string, number>>;

interface Ids {
  readonly id: string;
}

const queries = ({ define }: Connection) => {
  const ownedIds = (table: string) =>
    define<{ owner: PrincipalId }, Ids>(({ db, slot }) => ({
      compile: () => sql`select id from ${sql.table(table)} where owner_id = ${slot.owner}`.compile(db) as never, // the one column that it names
    }));
  return {
    person: define<{ id: PrincipalId }, Row<PrincipalTable>>(({ db, slot, visible }) =>
      db.selectFrom("principals").selectAll().where("id", "=", slot.id).where(visible("principals")),
    ),
    exists: define<{ id: ConversationId }, Ids>(({ db, slot }) =>
      db.selectFrom("conversations").select("id").where("id", "=", slot.id),
    ),
    conversations: ownedIds("conversations"),
    memories: ownedIds("memories"),
    attachments: ownedIds("attachments"),
    addresses: define<{ conversation: ConversationId }, { readonly address: string }>(({ db, slot }) =>
      db
        .selectFrom("attachments as one")
        .select("address")
        .where("conversation_id", "=", slot.conversation)
        .where(
          sql<boolean>`not exists (select 1 from attachments as other where other.address = one.address and other.conversation_id <> ${slot.conversation})`,
        ),
    ),
    certify: define<ErasureTable, unknown>(({ db, slot, visible }) =>
      db
        .insertInto("erasures")
        .values({
          id: slot.id,
          tenant_id: slot.tenant_id,
          owner_id: slot.owner_id,
          audience: slot.audience,
          at: slot.at,
          generation: slot.generation,
          certificate: slot.certificate,
        })
        .onConflict((conflict) =>
          conflict
            .column("id")
            .doUpdateSet({ at: slot.at, generation: slot.generation, certificate: slot.certificate })
            .where(visible("erasures")),
        ),
    ),
    certificates: define<Record<never, never>, Row<ErasureTable>>(({ db, visible }) =>
      db.selectFrom("erasures").selectAll().where(visible("erasures")).orderBy("at", "desc").orderBy("id", "desc"),
    ),
  };
};

/** What an erasure is made of. `scrub` is given by whoever opened the database: it reaches under the repositories, into the engine's files. */
export const privacyRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => PrivacyRepository) => {
  const query = queries(connection);
  const scan = privacyScan(connection, sealer);
  const ofConversation = conversationRemoval(connection);
  const ofPerson = personRemoval(connection, ofConversation);
  const retire = retirement(connection);

  /** Whether there is such a subject for the scope; erasing is its owner's alone. */
  const sees = async (scope: AccessScope, subject: PrivacySubject): Promise<boolean> => {
    if (subject.kind === "person") return (await query.person.one(scope, { id: subject.id })) !== undefined;
    const owner = await connection.ownership(scope, subject.id);
    return owner !== undefined && (await connection.mayOwn(scope, owner.tenant_id, owner.owner_id));
  };

  const idsOf = async (of: typeof query.memories, owner: PrincipalId): Promise<readonly string[]> =>
    (await of.all(null, { owner })).map(({ id }) => id);
  const conversationsOf = async (gate: Gate, subject: PrivacySubject): Promise<Result<readonly ConversationId[]>> =>
    subject.kind === "conversation"
      ? ok([subject.id])
      : gate.read(async () => ok((await idsOf(query.conversations, subject.id)) as readonly ConversationId[])); // ids of that very table

  const keysOf = async (
    gate: Gate,
    scope: AccessScope,
    subject: PrivacySubject,
  ): Promise<Result<readonly string[]>> => {
    const visible = await gate.read(async () => ((await sees(scope, subject)) ? done : notFound(subject.kind)));
    if (!visible.ok) return visible;
    const keys = new Set<string>([`${subject.kind}:${subject.id}`]);
    const conversations = await conversationsOf(gate, subject);
    if (!conversations.ok) return conversations;
    const derived = await scan(gate, scope, conversations.value);
    if (!derived.ok) return derived;
    for (const id of conversations.value) keys.add(`conversation:${id}`);
    for (const memory of derived.value.memories) keys.add(`memory:${memory}`);
    for (const attachment of derived.value.attachments) keys.add(`attachment:${attachment}`);
    if (subject.kind === "conversation") return ok([...keys]);
    return gate.read(async () => {
      for (const id of await idsOf(query.memories, subject.id)) keys.add(`memory:${id}`);
      for (const id of await idsOf(query.attachments, subject.id)) keys.add(`attachment:${id}`);
      return ok([...keys]);
    });
  };

  const addressesOf = async (
    gate: Gate,
    scope: AccessScope,
    subject: PrivacySubject,
  ): Promise<Result<readonly string[]>> => {
    const conversations = await conversationsOf(gate, subject);
    if (!conversations.ok) return conversations;
    return gate.read(async () => {
      if (!(await sees(scope, subject))) return notFound(subject.kind);
      const found = new Set<string>();
      for (const conversation of conversations.value)
        for (const { address } of await query.addresses.all(null, { conversation })) found.add(address);
      return ok([...found]);
    });
  };

  const erase = async (gate: Gate, scope: AccessScope, subject: PrivacySubject): Promise<Result<Counts>> => {
    const visible = await gate.read<boolean>(async () => {
      if (await sees(scope, subject)) return ok(true);
      // What an erasure that a crash cut off has removed already is no mistake; what is hidden is not there.
      const gone = subject.kind === "conversation" && (await query.exists.one(null, { id: subject.id })) === undefined;
      return gone && scope.reach === "system" ? ok(false) : notFound(subject.kind);
    });
    if (!visible.ok) return visible;
    const conversations = await conversationsOf(gate, subject);
    if (!conversations.ok) return conversations;
    const derived = await scan(gate, scope, conversations.value);
    if (!derived.ok) return derived;
    return gate.write(async () => {
      const counts = new Map<string, number>();
      const count = (table: string, rows: number): void => {
        if (rows > 0) counts.set(table, (counts.get(table) ?? 0) + rows);
      };
      await ofConversation.remove(conversations.value, derived.value, count);
      if (subject.kind === "person") await ofPerson.remove(subject.id, count);
      await ofConversation.purge();
      return ok(Object.fromEntries(counts));
    });
  };

  const certificateOf = (row: Row<ErasureTable>): Result<ErasureCertificate> => {
    const text = sealer.open(OF_SYSTEM, row.id, row.certificate);
    return text.ok ? ok(fromJson(text.value as JsonText<ErasureCertificate>)) : text; // sealed by certify under this row's id
  };

  return (gate) => ({
    keysOf: (scope, subject) => keysOf(gate, scope, subject),
    addressesOf: (scope, subject) => addressesOf(gate, scope, subject),
    erase: (scope, subject) => erase(gate, scope, subject),
    // Whoever opened the database replaces this: the engine's files are no repository's.
    scrub: () => Promise.resolve(err(moltbotError("DATABASE_UNAVAILABLE", { problem: "a transaction cannot scrub" }))),
    certify: (scope, certificate) =>
      gate.write(async () => {
        if (!(await connection.mayOwn(scope, scope.tenantId, scope.principalId))) return notFound("owner");
        const sealed = sealer.seal(OF_SYSTEM, certificate.id, toJson(certificate));
        if (!sealed.ok) return sealed;
        const kept = await query.certify.run(scope, {
          id: certificate.id,
          tenant_id: scope.tenantId,
          owner_id: scope.principalId,
          audience: toJson([]),
          at: certificate.at,
          generation: certificate.keyring.to,
          certificate: sealed.value,
        });
        return kept === 1 ? done : notFound("certificate");
      }),
    certificates: (scope) => gate.read(async () => mapAll(await query.certificates.all(scope, {}), certificateOf)),
    retire: (scope, before) => gate.write(async () => ok(await retire(scope, before))),
  });
};
