import { ok } from "@moltbot/contracts";
import type {
  ClockPort,
  Credential,
  ErrorCode,
  ModelEvent,
  ModelPort,
  ModelRequest,
  PrincipalId,
  Result,
  StoredAgent,
  StoredToken,
  TenantId,
  TokenId,
  Usage,
  UsageRepository,
} from "@moltbot/contracts";
import { createBudgets } from "./budgets.ts";
import type { Account, Amounts } from "./budgets.ts";
import { costOf, millionthsOf } from "./model-price.ts";
import type { ModelPrice, ModelTokens } from "./model-price.ts";
import { charactersIn, mostTokensOf, tokensOf } from "./model-size.ts";

/** For whom a model works. */
export interface ModelUser {
  readonly tenantId: TenantId;
  readonly person: PrincipalId;
  readonly agent: Pick<StoredAgent, "id" | "ownerId">;
  /** By which they asked, where that is counted by itself. */
  readonly cameBy?: Credential | undefined;
}

/** What may be used in a day of UTC; money in the currency, 0: no limit. */
export interface ModelBudgetLimits {
  readonly currency: string;
  /** Model tokens of all that one person asks for. */
  readonly tokensPerDay: number;
  /** Of one agent, whoever it works for. */
  readonly agentTokensPerDay: number;
  /** Of everybody together. */
  readonly moneyPerDay: number;
  readonly personMoneyPerDay: number;
  readonly agentMoneyPerDay: number;
}

/** Counts what models take, for the house, each person, agent, token and device, and for each model. */
export interface ModelBudget {
  /**
   * The same model, whose answers count for this user: BUDGET_EXHAUSTED once something is used up. An answer under way is not cut
   * off, so the last ones may go past the limit. An answer is finished when its count is durable, and not before.
   */
  countedFor(user: ModelUser, model: ModelPort): ModelPort;
}

export interface ModelBudgetParts {
  readonly usage: Pick<UsageRepository, "begin" | "add" | "used" | "tokenLimits">;
  readonly clock: Pick<ClockPort, "now">;
  /** Read at every answer, so that a change of settings applies to the next one. */
  readonly limits: () => ModelBudgetLimits;
  /** What a model of that name costs; undefined: nobody said. */
  readonly priceOf: (model: string) => ModelPrice | undefined;
}

const inMillionths = (amount: number): number | null => (amount === 0 ? null : millionthsOf(amount));
const NO_LIMIT = { tokens: null, money: null } as const;

type PerKind = Readonly<Record<Usage["subject"]["kind"], Account["limits"]>>;

/** What the settings say of each kind; a token's own limits stand with the token. */
export const limitsOf = (limits: ModelBudgetLimits): PerKind => ({
  house: { tokens: null, money: inMillionths(limits.moneyPerDay) },
  person: { tokens: limits.tokensPerDay, money: inMillionths(limits.personMoneyPerDay) },
  agent: { tokens: limits.agentTokensPerDay, money: inMillionths(limits.agentMoneyPerDay) },
  token: NO_LIMIT,
  device: NO_LIMIT,
  sender: NO_LIMIT,
  model: NO_LIMIT,
});

/** Whoever a user is counted as, whatever they came by. */
const standingAccounts = (
  { tenantId, person, agent }: Pick<ModelUser, "tenantId" | "person" | "agent">,
  limits: PerKind,
): readonly Account[] => [
  { subject: { kind: "house", id: tenantId }, ownerId: null, limits: limits.house },
  { subject: { kind: "person", id: person }, ownerId: person, limits: limits.person },
  { subject: { kind: "agent", id: agent.id }, ownerId: agent.ownerId, limits: limits.agent },
];

const tokenAccount = (
  { id, tokensPerDay, moneyPerDay }: Pick<StoredToken, "id" | "tokensPerDay" | "moneyPerDay">,
  ownerId: PrincipalId,
): Account => ({
  subject: { kind: "token", id },
  ownerId,
  limits: { tokens: tokensPerDay ?? null, money: moneyPerDay ?? null },
});
const modelAccount = (name: string): Account => ({
  subject: { kind: "model", id: name },
  ownerId: null,
  limits: NO_LIMIT,
});

/** Failures after which no vendor bills: it was not reached, or refused to answer. */
const FREE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "MODEL_UNAVAILABLE",
  "MODEL_RATE_LIMITED",
  "MODEL_QUOTA_EXHAUSTED",
  "MODEL_KEY_REFUSED",
  "MODEL_UNKNOWN",
  "MODEL_INPUT_TOO_LONG",
  "MODEL_REFUSED",
  "MODEL_FILE_INVALID",
]);

/** Whose answer it is, and what it counts for. */
interface Counting {
  readonly user: ModelUser;
  readonly accounts: readonly Account[];
  readonly model: ModelPort;
}

/** Counts what models take; what it holds is read from the database once a day. */
export const createModelBudget = ({ usage, clock, limits, priceOf }: ModelBudgetParts): ModelBudget => {
  const budgets = createBudgets(usage, clock, () => limits().currency);

  /** A token stands before those that it was made with: it uses what they may. */
  const accountsOf = async (user: ModelUser): Promise<Result<readonly Account[]>> => {
    const standing = standingAccounts(user, limitsOf(limits()));
    const { cameBy, person } = user;
    if (cameBy === undefined) return ok(standing);
    const device = { subject: cameBy, ownerId: person, limits: NO_LIMIT };
    if (cameBy.kind === "device") return ok([...standing, device]);
    const found = await usage.tokenLimits(cameBy.id as TokenId); // the kind beside it says so
    if (!found.ok) return found;
    return ok([...standing, ...found.value.map((token) => tokenAccount(token, person))]);
  };

  const amountsOf = (model: string, { input, output }: ModelTokens): Amounts => {
    const price = priceOf(model);
    return {
      tokens: Math.min(input + output, Number.MAX_SAFE_INTEGER),
      money: price === undefined ? 0 : costOf({ input, output }, price),
    };
  };

  async function* counted(
    { user, accounts, model }: Counting,
    request: ModelRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Result<ModelEvent>> {
    const most = mostTokensOf(request);
    let answering = model.describe().name;
    const place = (name = answering) => [...accounts, modelAccount(name)];
    const begun = await budgets.begin(user.tenantId, place(), amountsOf(answering, most));
    if (!begun.ok) {
      yield begun;
      return;
    }
    const count = (tokens: ModelTokens): Promise<Result<void>> =>
      budgets.count(user.tenantId, place(), amountsOf(answering, tokens), begun.value);
    const countFailed = (name: string): Promise<Result<void>> =>
      budgets.count(user.tenantId, place(name), amountsOf(name, most));
    let characters = 0;
    let firstCounted = false;
    let spoken = false;
    let settled = false;
    try {
      for await (const event of model.stream(request, signal)) {
        if (!event.ok) {
          // When all of a row fail the first one's error is told.
          settled = !spoken && (firstCounted || FREE.has(event.error.code));
          if (settled) await budgets.forget(begun.value);
          yield event;
          return;
        }
        if (event.value.type === "instead") {
          const { failed } = event.value;
          const kept = await countFailed(failed);
          if (!kept.ok) {
            yield kept;
            return;
          }
          firstCounted ||= failed === model.describe().name;
          continue;
        }
        answering = event.value.model ?? answering;
        if (event.value.type === "finish") {
          settled = true;
          const kept = await count(tokensOf(event.value, request, characters));
          // What is not on the account was not delivered as a whole answer.
          yield kept.ok ? event : kept;
          return;
        }
        characters += charactersIn(event.value);
        spoken = true;
        yield event;
      }
    } finally {
      // Whoever walks away before it says what it took is still billed for it.
      if (!settled) await count(most);
    }
  }

  return {
    countedFor: (user, model) => ({
      describe: () => model.describe(),
      async *stream(request, signal) {
        const accounts = await accountsOf(user);
        const admitted = accounts.ok ? await budgets.admit(user.tenantId, accounts.value) : accounts;
        if (accounts.ok && admitted.ok) yield* counted({ user, accounts: accounts.value, model }, request, signal);
        else if (!admitted.ok) yield admitted;
      },
    }),
  };
};
