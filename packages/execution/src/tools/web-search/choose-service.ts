import { err, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { parseTarget } from "../../egress/index.ts";
import type { Target } from "../../egress/index.ts";
import { notSetUp } from "./search-service.ts";
import type { SearchService, SearchSettings } from "./search-service.ts";
import { brave, BRAVE } from "./services/brave.ts";
import { duckduckgo, DUCKDUCKGO } from "./services/duckduckgo.ts";
import { searxng } from "./services/searxng.ts";

/** The owner's service with where it stands. */
export interface ChosenService {
  readonly service: SearchService;
  readonly target: Target;
}

const OWN_ADDRESS = { brave: BRAVE, duckduckgo: DUCKDUCKGO, searxng: "" } as const;

const serviceOf = (name: keyof typeof OWN_ADDRESS, base: string, secret: string): Result<SearchService> => {
  if (name === "searxng") return ok(searxng(base, secret));
  if (name === "duckduckgo") return ok(duckduckgo(base));
  return secret === ""
    ? err(
        notSetUp(
          "secret",
          "Brave needs a key: store it with `./moltbot secret set brave --host api.search.brave.com` and name it here",
        ),
      )
    : ok(brave(base, secret));
};

/** The service that the settings name; SEARCH_NOT_SET_UP with what to set where they name none that can be asked. */
export const chooseService = ({ service: name, baseUrl, secret }: SearchSettings): Result<ChosenService> => {
  if (name === "none")
    return err(notSetUp("service", "it is none, so nothing can be searched: set it to searxng, brave or duckduckgo"));
  const base = (baseUrl === "" ? OWN_ADDRESS[name] : baseUrl).replace(/\/$/, "");
  if (base === "")
    return err(notSetUp("baseUrl", "SearXNG needs the address of a server, such as http://127.0.0.1:8888"));
  const target = parseTarget(base);
  if (!target.ok) return err(notSetUp("baseUrl", String(target.error.context["problem"] ?? "it is no address")));
  if (target.value.refusal !== null && !target.value.grantable)
    return err(notSetUp("baseUrl", `nobody may be asked there (${target.value.range})`));
  // On plain http to another machine, everybody on the way could read the key.
  if (secret !== "" && target.value.scheme === "http" && target.value.refusal === null)
    return err(notSetUp("baseUrl", "a key is sent over https alone, or inside your own network"));
  const service = serviceOf(name, base, secret);
  return service.ok ? ok({ service: service.value, target: target.value }) : service;
};
