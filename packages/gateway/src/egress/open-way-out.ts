import type { AuditPort, LogPort } from "@moltbot/contracts";
import { createEgress } from "@moltbot/execution/egress";
import type { EgressOptions, WayOut } from "@moltbot/execution/egress";
import type { SettingsStore } from "../settings/index.ts";
import type { Asking } from "./asking.ts";
import { recordConnections } from "./record-connections.ts";

/** The way out, with its records and limits: what is set applies to the next request. */
export const openWayOut = (parts: {
  readonly secrets: EgressOptions["secrets"];
  readonly isCanary: EgressOptions["isCanary"];
  readonly audit: Pick<AuditPort, "record">;
  readonly asking: Pick<Asking, "current">;
  readonly settings: Pick<SettingsStore, "current">;
  readonly log: LogPort;
}): WayOut =>
  createEgress({
    secrets: parts.secrets,
    isCanary: parts.isCanary,
    log: parts.log,
    connected: recordConnections(parts.audit),
    behalf: () => parts.asking.current(),
    limits: () => {
      const { egressRequestsPerMinute, egressBytesPerHour } = parts.settings.current().limits;
      return { requestsPerMinute: egressRequestsPerMinute, bytesOutPerHour: egressBytesPerHour };
    },
  });
