import { done, err, hostsOf, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { parseTarget } from "../egress/index.ts";
import { BUILT_IN_TOOLS } from "../tools/index.ts";
import type { PluginToRun } from "./plugin-host.ts";

/** The first words of the house's own tools: under one of them a plugin's tool would pass for the house. */
const HOUSE_WORDS: ReadonlySet<string> = new Set(
  BUILT_IN_TOOLS.map(({ manifest }) => manifest.name.split(".")[0] ?? manifest.name),
);

const isAsWritten = (host: string): boolean => {
  const target = parseTarget(`https://${host}/`);
  return target.ok && target.value.authority === host;
};

/** Whether a plugin can be run as it stands; its manifest was read strictly before. */
export const checkPlugin = ({ manifest, choices }: PluginToRun): Result<void> => {
  const { name } = manifest;
  if (HOUSE_WORDS.has(name))
    return err(moltbotError("PACKAGE_NAME_TAKEN", { name, by: "the house's own tools begin with it" }));
  if (!hostsOf(manifest, choices).every(isAsWritten))
    return err(
      moltbotError("PACKAGE_INVALID", {
        problem: "a host is not written as it is dialled: in lower case, with its port",
      }),
    );
  return done;
};
