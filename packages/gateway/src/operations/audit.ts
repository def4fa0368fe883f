import { AuditHead, err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditQuery, OperationHandlers } from "@moltbot/contracts";
import { seenRecords } from "./audit-view.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "audit.list" | "audit.head" | "audit.proof" | "audit.verify" | "audit.export">;

const ONE_OF_TWO = "give either a record or a size";

/** Without a word to search for, the newest are at hand. */
const asksForAnything = (query: AuditQuery): boolean => Object.values(query).some((word) => word !== undefined);

/** The head that an export ends with. A head signed after it may cover records that came in between, and would not fit it. */
const closingHead = (jsonl: string): AuditHead | null => {
  try {
    const text = jsonl.trimEnd();
    const line: unknown = JSON.parse(text.slice(text.lastIndexOf("\n") + 1));
    const head = AuditHead.safeParse(typeof line === "object" && line !== null && "head" in line ? line.head : null);
    return head.success ? head.data : null;
  } catch {
    // The last line is not JSON: there is no head to give.
    return null;
  }
};

/** The log: its records as one may see them, and what proves it to anybody. The export is whole, or it would prove nothing. */
export const auditOperations = ({ house: { audit, store } }: OperationPorts): Handlers => ({
  "audit.list": ({ principal }, { limit, before, ...query }) =>
    seenRecords(
      store,
      principal,
      (size, from) => (asksForAnything(query) ? audit.query(query, size, from) : audit.list(size, from)),
      { limit, before },
    ),
  "audit.head": () => audit.head(),
  "audit.proof": async (_context, { record, size }) => {
    if (record !== undefined && size === undefined) return audit.proveRecord(record);
    if (size !== undefined && record === undefined) return audit.proveSize(size);
    return err(moltbotError("REQUEST_INVALID", { path: "record", problem: ONE_OF_TWO }));
  },
  "audit.verify": () => audit.verify(),
  "audit.export": async () => {
    const jsonl = await audit.export();
    if (!jsonl.ok) return jsonl;
    const head = closingHead(jsonl.value);
    return head === null
      ? err(moltbotError("AUDIT_DAMAGED", { record: 0, problem: "the export does not end with a head" }))
      : ok({ jsonl: jsonl.value, head });
  },
});
