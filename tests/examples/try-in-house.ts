/** Runs cases of a plugin as `plugin test` does: one trial of the gateway for each. */
import type { PluginManifest } from "@moltbot/plugin-sdk";
import type { PluginCase, RunReport } from "@moltbot/plugin-sdk/testing";
import { must } from "../support/attack-house.ts";
import type { FittedGateway } from "../support/fitted-gateway.ts";
import { signedPackage } from "../support/packages.ts";

/** What one case came to, as the local runner tells it. */
export const tryInHouse = async (
  { client }: Pick<FittedGateway, "client">,
  plugin: { readonly manifest: PluginManifest; readonly source: string },
  { tool, arguments: args = {}, answers = [], kept = {} }: PluginCase,
): Promise<RunReport> => {
  const { archive } = signedPackage({
    kind: "plugin",
    manifest: { ...plugin.manifest },
    files: { "main.js": plugin.source },
    key: null,
  });
  const report = must(
    await client.call("plugins.try", {
      archive,
      tool,
      arguments: { ...args },
      answers: answers.map(({ headers = {}, ...answer }) => ({ ...answer, headers: { ...headers } })),
      kept: { ...kept },
    }),
  );
  // The house hands on JSON as text.
  return { ...report, result: report.result === null ? null : (JSON.parse(report.result) as RunReport["result"]) };
};
