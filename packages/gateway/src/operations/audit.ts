import { AuditHead, err, moltbotError, ok } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "audit.list" | "audit.head" | "audit.verify" | "audit.export">;

/** The head that an export ends with. A head signed after it may cover records that came in between, and would not fit it. */
const closingHead = (jsonl: string): AuditHead | null => {
  try {
    const line: unknown = JSON.parse(jsonl.trimEnd().split("\n").at(-1) ?? "");
    const head = AuditHead.safeParse(typeof line === "object" && line !== null && "head" in line ? line.head : null);
    return head.success ? head.data : null;
  } catch {
    // The last line is not JSON: there is no head to give.
    return null;
  }
};

export const auditOperations = ({ house: { audit } }: OperationPorts): Handlers => ({
  "audit.list": (_context, { limit, before }) => audit.list(limit, before),
  "audit.head": () => audit.head(),
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
