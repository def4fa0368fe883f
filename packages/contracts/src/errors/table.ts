/**
 * The one table of everything that can go wrong: code ↔ sentence ↔ HTTP status ↔ exit code. `docs/reference/errors.md`
 * and the OpenAPI document are made from it, and a test compares them in both directions.
 */
export const ERROR_FAMILIES = [
  "ConfigurationError",
  "ChannelError",
  "GuardError",
  "ModelError",
  "ToolError",
  "StorageError",
  "IdentityError",
] as const;
export type ErrorFamily = (typeof ERROR_FAMILIES)[number];

interface ErrorEntry {
  readonly family: ErrorFamily;
  /** What happened and why; `{name}` is filled from the error's context. */
  readonly says: string;
  /** What the reader does next. */
  readonly next: string;
  /** Whether trying again, as it is or after `next`, can succeed without a change to the program. */
  readonly recoverable: boolean;
  /** HTTP status of the problem document. */
  readonly http: number;
  /** Exit code of the CLI: 1 failure, 2 usage, 3 not found, 4 denied, 5 conflict, 6 approval pending, 7 unavailable, 8 timeout. */
  readonly exit: number;
}

const entry = (
  family: ErrorFamily,
  http: number,
  exit: number,
  recoverable: boolean,
  says: string,
  next: string,
): ErrorEntry => Object.freeze({ family, says, next, recoverable, http, exit });

const configuration = (http: number, exit: number, says: string, next: string): ErrorEntry =>
  entry("ConfigurationError", http, exit, true, says, next);
const channel = (http: number, exit: number, says: string, next: string): ErrorEntry =>
  entry("ChannelError", http, exit, true, says, next);
const guard = (http: number, exit: number, says: string, next: string): ErrorEntry =>
  entry("GuardError", http, exit, true, says, next);
const model = (http: number, exit: number, says: string, next: string): ErrorEntry =>
  entry("ModelError", http, exit, true, says, next);
const tool = (http: number, exit: number, says: string, next: string): ErrorEntry =>
  entry("ToolError", http, exit, true, says, next);
const storage = (http: number, exit: number, recoverable: boolean, says: string, next: string): ErrorEntry =>
  entry("StorageError", http, exit, recoverable, says, next);
const identity = (http: number, exit: number, says: string, next: string): ErrorEntry =>
  entry("IdentityError", http, exit, true, says, next);

export const ERROR_TABLE = Object.freeze({
  // Configuration and start
  CONFIG_SYNTAX: configuration(
    400,
    2,
    "The settings file {file} is not valid JSON5 at line {line}, column {column}: {problem}.",
    "Correct that place; until then nothing of the file is applied.",
  ),
  CONFIG_UNKNOWN_KEY: configuration(
    400,
    2,
    "There is no setting called {key}.",
    "Did you mean {nearest}? `./moltbot config list` shows them all.",
  ),
  CONFIG_INVALID_VALUE: configuration(
    400,
    2,
    "The setting {key} cannot take that value: {problem}.",
    "`./moltbot config describe {key}` says what it takes.",
  ),
  CONFIG_UNREADABLE: configuration(
    500,
    1,
    "The settings file {file} cannot be read: {problem}.",
    "Check that the file exists and that you may read it.",
  ),
  PORT_IN_USE: configuration(
    503,
    7,
    "Port {port} on {host} is already in use.",
    "Stop the other program, or choose a port: MOLTBOT_PORT=0 ./moltbot start takes a free one.",
  ),
  HOME_NOT_WRITABLE: configuration(
    500,
    1,
    "The state folder {home} cannot be written: {problem}.",
    "Make it writable for this user, or set MOLTBOT_HOME to a folder that is.",
  ),
  HOME_IN_USE: configuration(
    409,
    5,
    "Another gateway (process {pid}) already runs on {home}.",
    "Stop that one first, or set MOLTBOT_HOME to another folder.",
  ),
  GATEWAY_UNREACHABLE: configuration(
    503,
    7,
    "No gateway answers at {address}.",
    "Start one with `./moltbot start`, or name another with MOLTBOT_URL.",
  ),
  USAGE: configuration(400, 2, "{problem}", "`./moltbot --help` lists the commands."),
  INTERNAL: configuration(
    500,
    1,
    "The program failed in a way it does not know (trace {traceId}).",
    "This is a bug: report it with the trace id; `./moltbot doctor` checks the installation.",
  ),
  SHUTTING_DOWN: configuration(
    503,
    7,
    "The gateway is shutting down and takes no new work.",
    "Try again when it is back.",
  ),

  // Requests
  REQUEST_INVALID: channel(400, 2, "The request does not fit: {problem}.", "Correct {path} and send it again."),
  REQUEST_NOT_JSON: channel(
    400,
    2,
    "The request body is not valid JSON.",
    "Send a JSON object with Content-Type: application/json.",
  ),
  REQUEST_TOO_LARGE: channel(413, 2, "The request is larger than {limit} bytes.", "Send less at once."),
  REQUEST_HOST_REFUSED: channel(
    421,
    4,
    "The Host header does not name this gateway.",
    "Use the address that `./moltbot status` shows, or add the name to gateway.allowedHosts.",
  ),
  REQUEST_ORIGIN_REFUSED: channel(
    403,
    4,
    "The request comes from another web origin.",
    "Open the web app from the gateway's own address.",
  ),
  ROUTE_NOT_FOUND: channel(404, 3, "There is nothing at this path.", "/v2/openapi.json lists the paths."),
  METHOD_NOT_ALLOWED: channel(405, 2, "This path does not take that method.", "/v2/openapi.json lists the methods."),
  RATE_LIMITED: channel(
    429,
    7,
    "Too many requests; the limit is {limit} in {window} seconds.",
    "Wait {retryAfter} seconds.",
  ),
  MESSAGE_EMPTY: channel(400, 2, "The message has no text.", "Write something."),
  IDEMPOTENCY_KEY_REUSED: channel(
    409,
    5,
    "The key of this message was used for another one before.",
    "Send it with a key of its own; a key says that two messages are one.",
  ),
  MESSAGE_TOO_LONG: channel(
    413,
    2,
    "The message has {length} characters; at most {limit} fit.",
    "Send it in parts, or as a file.",
  ),
  NOT_FOUND: channel(404, 3, "There is no such {kind} that you may see.", "List the {kind}s to find the right one."),
  CONFLICT: channel(409, 5, "The {kind} changed in the meantime.", "Load it again and repeat the change."),

  LISTENING_NEEDS_TLS: configuration(
    400,
    2,
    "Listening on {host} would let others on the network read and change everything.",
    "Set gateway.tls.certificate and gateway.tls.key, or name the proxy that ends TLS in gateway.proxies; or keep 127.0.0.1.",
  ),
  TLS_UNUSABLE: configuration(
    400,
    2,
    "The certificate or the key in gateway.tls cannot be used: {problem}.",
    "Give PEM files that belong together, the key readable by this user alone.",
  ),

  // Guard
  CAPABILITY_MISSING: guard(
    403,
    4,
    "The agent holds no capability for {tool} with these arguments.",
    "Grant it: {grant}",
  ),
  CAPABILITY_EXPIRED: guard(403, 4, "The capability for {tool} has expired.", "Grant it again with a new expiry."),
  CAPABILITY_INVALID: guard(400, 2, "The capability is not valid: {problem}.", "Correct it and grant it again."),
  CAPABILITY_WIDENS: guard(
    400,
    2,
    "What is handed on would be wider than what is held: {problem}.",
    "Hand on less, or have an owner grant it.",
  ),
  CAPABILITY_TOKEN_INVALID: guard(
    403,
    4,
    "The capability token is not valid: {problem}.",
    "Ask whoever issued it for a new one.",
  ),
  PLAN_INVALID: guard(
    400,
    2,
    "The plan cannot be committed: step {step}: {problem}.",
    "Commit it again without that fault.",
  ),
  PLAN_TOO_LATE: guard(
    409,
    5,
    "A plan is committed before anything from outside is in view, and now something is.",
    "Make the calls one by one; each is asked about where it must be.",
  ),
  PLAN_CLOSED: guard(
    403,
    4,
    "{tool} is not asked about in this turn: {problem}.",
    "If you want it, say so in a message of your own.",
  ),
  CANARY_TOUCHED: guard(
    403,
    4,
    "{tool} would have carried a canary: a text that nobody should have read.",
    "Find out where it was read with `./moltbot provenance show ID`, and remove that source.",
  ),
  HANDLE_UNKNOWN: guard(
    404,
    3,
    "Nothing is kept under the handle {handle}.",
    "Use a handle that stands in the conversation.",
  ),
  READER_ANSWER_INVALID: guard(
    502,
    7,
    "The reader's answer is not a {kind}, so it was not used.",
    "Ask for another kind of answer, or read it yourself.",
  ),
  POLICY_FORBIDS: guard(
    403,
    4,
    "The operator's policy forbids {tool}: {policies}.",
    "Change the policy (`./moltbot policy`), or do without.",
  ),
  POLICY_INVALID: guard(
    400,
    2,
    "The policy is not valid at line {line}: {problem}.",
    "Correct that place; until then the policy in force stays.",
  ),
  BUDGET_EXHAUSTED: guard(
    429,
    7,
    "The budget is used up: {budget}, at most {limit}.",
    "Wait, or raise the limit in the settings.",
  ),
  EVERYTHING_STOPPED: guard(
    503,
    7,
    "Everything is stopped since {since}.",
    "`./moltbot resume` goes on and reports what was held.",
  ),
  NOT_STOPPED: guard(409, 5, "Nothing is stopped.", "There is nothing to resume."),
  STEP_UP_REQUIRED: guard(
    401,
    4,
    "This needs a fresh proof that it is you: {problem}.",
    "Do it at the machine itself; for an answer, a code that `./moltbot open --code` shows there is enough.",
  ),
  APPROVAL_EDIT_INVALID: guard(
    400,
    2,
    "The call cannot be changed like that at {path}: {problem}.",
    "Correct it and answer again; the question stays open.",
  ),
  CONTEXT_UNTRUSTED: guard(
    403,
    4,
    "{tool} was chosen while untrusted content was in view.",
    "Approve this exact call, or grant a capability that fixes its critical arguments.",
  ),
  TOOL_UNKNOWN: guard(404, 4, "There is no tool called {tool}.", "`./moltbot agents show` lists the agent's tools."),
  TOOL_ARGUMENTS_INVALID: guard(
    400,
    4,
    "The arguments of {tool} do not fit its schema at {path}: {problem}.",
    "The model must call it again with arguments that fit.",
  ),
  APPROVAL_DENIED: guard(403, 4, "A person denied this call.", "Ask for something else, or ask the person."),
  APPROVAL_EXPIRED: guard(
    403,
    4,
    "Nobody answered the question in time, and silence denies.",
    "Ask again when somebody is there.",
  ),
  APPROVAL_ALREADY_ANSWERED: guard(
    409,
    5,
    "The question was already answered: {state}.",
    "Nothing to do: the first answer counts.",
  ),
  APPROVAL_NOT_ANSWERABLE: guard(
    403,
    4,
    "You may not answer this question.",
    "A person with the right to answer must.",
  ),
  PERMIT_INVALID: guard(
    403,
    4,
    "The permit was not minted by this guard for this call.",
    "The call must pass the guard.",
  ),
  PERMIT_SPENT: guard(403, 4, "The permit was already spent.", "Each call needs a permit of its own."),
  PERMIT_STALE: guard(
    403,
    4,
    "The permit is stale: it expired or its epoch has passed.",
    "The call must pass the guard again.",
  ),
  AUDIT_UNWRITABLE: guard(
    503,
    7,
    "The audit log cannot be written, so nothing may happen.",
    "Free disk space or mend the audit folder; `./moltbot doctor` names the fault.",
  ),
  STEP_LIMIT: guard(429, 7, "The turn reached its limit of {limit} steps.", "Ask for the rest in a new message."),
  TIME_LIMIT: guard(
    504,
    8,
    "The turn reached its limit of {limit} seconds.",
    "Ask for less at once, or raise agents.turnSeconds.",
  ),
  TURN_STOPPED: guard(409, 5, "The turn was stopped by a person.", "Write again to go on."),

  // Models
  MODEL_KEY_REFUSED: model(
    502,
    4,
    "The vendor of {model} refused the key.",
    "Store a good one with `./moltbot secret set`; the name is in models.providers.",
  ),
  MODEL_QUOTA_EXHAUSTED: model(
    402,
    7,
    "The account at the vendor of {model} has nothing left to spend.",
    "Add credit there, or name another model in models.fallbacks.",
  ),
  MODEL_INPUT_TOO_LONG: model(
    413,
    2,
    "What {model} was to read is longer than it can take.",
    "Begin a new conversation, or use a model with a longer context.",
  ),
  MODEL_BLOCKED: model(
    403,
    4,
    "The vendor of {model} would not answer: its own filter stopped it.",
    "Say it in another way, or use another model.",
  ),
  CONNECTION_INVALID: model(
    400,
    2,
    "There is no connection under way for that code, or it took longer than ten minutes.",
    "Begin again with `./moltbot models connect openrouter`.",
  ),
  MODEL_UNKNOWN: model(
    404,
    3,
    "There is no model called {model}.",
    "`./moltbot status` lists the models; models.providers adds one.",
  ),
  MODEL_UNAVAILABLE: model(
    503,
    7,
    "The model {model} does not answer: {problem}.",
    "Check the provider's address and that it is running.",
  ),
  MODEL_REFUSED: model(
    502,
    7,
    "The model provider refused the request with status {status}.",
    "Check the key and the model's name in the settings.",
  ),
  MODEL_RATE_LIMITED: model(429, 7, "The model provider limits the rate.", "Wait a little, or use another model."),
  MODEL_ANSWER_INVALID: model(
    502,
    7,
    "The model {model} sent an answer that cannot be read.",
    "Try again; if it stays, use another model.",
  ),
  MODEL_CUT_OFF: model(
    502,
    7,
    "The model's answer was cut off at its token limit, so none of its calls ran.",
    "Ask for less at once, or raise the model's output limit.",
  ),
  MODEL_WORKER_DIED: model(
    503,
    7,
    "The process of the local model ended unexpectedly.",
    "Send the message again: a new process starts by itself.",
  ),
  MODEL_FILE_INVALID: model(
    500,
    1,
    "The model file {file} is not the one that was pinned.",
    "Install the project again: the file was changed or is damaged.",
  ),
  MODEL_TIMEOUT: model(
    504,
    8,
    "The model {model} did not answer within {limit} seconds.",
    "Try again, or use a faster model.",
  ),

  // Tools and egress
  TOOL_FAILED: tool(502, 1, "{tool} failed: {problem}.", "Try again, or with other arguments."),
  TOOL_TIMEOUT: tool(504, 8, "{tool} did not finish within {limit} seconds.", "Try again, or with less."),
  TOOL_OUTCOME_UNKNOWN: tool(
    500,
    1,
    "The program ended while {tool} ran, so its outcome is unknown.",
    "Check the world before you ask for it again.",
  ),
  TOOL_SCOPE_MISSING: tool(500, 1, "{tool} was run without the person it runs for.", "This is a bug: report it."),
  PATH_OUTSIDE_WORKSPACE: tool(
    403,
    4,
    "The path lies outside the agent's workspace.",
    "Name a file inside the workspace, by a path without `..`.",
  ),
  FILE_NOT_FOUND: tool(404, 3, "There is no such file in the workspace.", "Check the name."),
  FILE_NOT_TEXT: tool(415, 2, "The file is not text.", "Name a text file."),
  FILE_TOO_LARGE: tool(413, 2, "The file is larger than {limit} bytes.", "Name a smaller file."),
  WORKSPACE_TOO_LARGE: tool(
    413,
    2,
    "The workspace is too large to run programs on a copy of it: more than {limit}.",
    "Move what programs do not need out of the workspace.",
  ),
  URL_INVALID: tool(
    400,
    2,
    "The address is not a valid http or https URL: {problem}.",
    "Give a full address such as https://example.org/page.",
  ),
  ADDRESS_REFUSED: tool(
    403,
    4,
    "The host {host} leads to an address that tools may not reach ({range}).",
    "Tools reach public addresses only; `./moltbot capabilities grant AGENT TOOL --for DAYS --limit host-in:url=ADDRESS:PORT` opens exactly one of yours.",
  ),
  HOST_NOT_ALLOWED: tool(
    403,
    4,
    "The host {host} is not among those this call may reach.",
    "Approve the host, or grant it.",
  ),
  REQUEST_NOT_ALLOWED: tool(
    403,
    4,
    "The grant does not cover {method} for that path of {host}.",
    "Approve the call, or grant its method and path.",
  ),
  REQUEST_CARRIES_SECRET: tool(
    403,
    4,
    "The request carries a kept secret or a canary in its {where}.",
    "Leave it out: a secret is sent by its name alone, to the hosts it is bound to.",
  ),
  REQUEST_UNCHECKED: tool(
    403,
    4,
    "The request cannot be checked for secrets: {problem}.",
    "Send it uncompressed, as plain text, and in smaller parts.",
  ),
  HOST_UNRESOLVED: tool(502, 7, "The host {host} cannot be resolved.", "Check the name and the network."),
  FETCH_FAILED: tool(502, 7, "The page at {host} cannot be fetched: {problem}.", "Try again later."),
  RESPONSE_TOO_LARGE: tool(502, 1, "The answer is larger than {limit} bytes.", "Ask for something smaller."),
  TOO_MANY_REDIRECTS: tool(502, 1, "The address redirected more than {limit} times.", "Name the final address."),
  EXPRESSION_INVALID: tool(
    400,
    2,
    "The expression cannot be calculated: {problem}.",
    "Use numbers, + - * / % ^ and brackets.",
  ),
  SEARCH_NOT_SET_UP: tool(
    503,
    2,
    "The web cannot be searched yet: {problem}.",
    "Set it: `./moltbot config set {key} VALUE`.",
  ),
  SEARCH_FAILED: tool(
    502,
    5,
    "The search service at {host} gave no results: {problem}.",
    "Try again later, or set another service (web.search.service).",
  ),
  PROGRAMS_FULL: tool(429, 7, "{problem}.", "End one of them (exec.end), or wait until one has ended."),
  SANDBOX_UNAVAILABLE: tool(503, 7, "The sandbox cannot start: {problem}.", "`./moltbot doctor` says what is missing."),

  // Storage
  VAULT_LOCKED: storage(
    503,
    7,
    true,
    "The vault is locked: {problem}.",
    "Unlock it: `./moltbot unlock`, or on its page. A start takes the passphrase by MOLTBOT_PASSPHRASE_FILE or --passphrase-fd, or the key file where it was.",
  ),
  VAULT_PASSPHRASE_WRONG: storage(
    403,
    4,
    true,
    "The passphrase does not open the vault.",
    "Try again, or use the recovery code: `./moltbot unlock --recovery`. Without both there is no way in.",
  ),
  VAULT_DAMAGED: storage(
    500,
    1,
    false,
    "The vault file {file} is damaged or was changed.",
    "Restore the vault folder from a copy.",
  ),
  VAULT_KEY_FILE_EXPOSED: storage(
    500,
    1,
    true,
    "The key file {file} may be read by others.",
    "chmod 600 the file; it must belong to this user alone.",
  ),
  VAULT_UNLOCK_LIMITED: storage(
    429,
    7,
    true,
    "Too many attempts to unlock the vault; the next one counts in {seconds} seconds.",
    "Wait, then try again with the right passphrase or the recovery code.",
  ),
  VAULT_RECOVERY_CODE_WRONG: storage(
    403,
    4,
    true,
    "The recovery code does not open the vault.",
    "Compare it with the one that was shown last: making a new one ends the earlier.",
  ),
  SECRET_EXPIRED: storage(
    403,
    4,
    true,
    "The secret {name} expired at {at}.",
    "Store its new value: `./moltbot secret set {name}`.",
  ),
  BACKUP_UNREADABLE: storage(
    400,
    1,
    false,
    "The backup {file} cannot be read: {problem}.",
    "Use another backup; this one was changed, cut short, or belongs to another vault.",
  ),
  BACKUP_TOO_NEW: storage(
    400,
    1,
    true,
    "The backup {file} was made by a newer version (schema {found}, this one knows {known}).",
    "Restore it with that version or a later one.",
  ),
  BACKUP_PLACE: storage(
    400,
    2,
    true,
    "The backup cannot be put into {folder}: {problem}.",
    "Name an existing folder that this user can write to.",
  ),
  SEARCH_UNSUPPORTED: storage(400, 2, true, "This database cannot search for {what}.", "Search for whole words."),
  ATTACHMENT_TOO_LARGE: storage(
    413,
    2,
    true,
    "The file has {bytes} bytes; {most} is the most.",
    "Send a smaller file, or raise limits.attachmentBytes.",
  ),
  ATTACHMENTS_FULL: storage(
    413,
    2,
    true,
    "Your files would have {bytes} bytes together; {most} is the most.",
    "Remove some files, or raise limits.attachmentsTotalBytes.",
  ),
  ERASURE_NOT_CONFIRMED: storage(
    400,
    2,
    true,
    "The erasure was not confirmed: the id to confirm is not the subject's.",
    "Give the subject's id twice; nothing was erased.",
  ),
  EXPORT_TOO_LARGE: storage(
    413,
    1,
    true,
    "The archive would have more than {most} bytes.",
    "Export less at once: conversation by conversation; of the log, the records of a time (`./moltbot audit list --from --to`).",
  ),
  SCHEDULE_INVALID: storage(
    400,
    2,
    true,
    "The schedule cannot be read: {problem}.",
    "Use five cron fields, such as `0 7 * * 1-5`, and a time zone such as Europe/Berlin.",
  ),
  SECRET_NOT_FOUND: storage(
    404,
    3,
    true,
    "There is no secret called {name}.",
    "`./moltbot secret set {name} --host HOST` stores one.",
  ),
  SECRET_HEADER_FIXED: storage(
    403,
    4,
    true,
    "The secret {name} is sent in the header {header} alone.",
    "Leave the header out, or have the secret bound to another.",
  ),
  SECRET_NOT_BOUND: storage(
    403,
    4,
    true,
    "The secret {name} is not bound to the host {host}.",
    "Bind it to that host, or use another secret.",
  ),
  DATABASE_DAMAGED: storage(
    500,
    1,
    false,
    "The database is damaged or was changed: {problem}.",
    "Restore a backup; `./moltbot doctor` names what was found.",
  ),
  DATABASE_BEHIND_AUDIT: storage(
    500,
    1,
    false,
    "The database lacks the last {missing} recorded events: it was damaged or replaced by an older copy.",
    "Restore the newest backup, or start with --accept-loss after you have read docs/security.",
  ),
  DATABASE_UNAVAILABLE: storage(
    503,
    7,
    true,
    "The database does not answer: {problem}.",
    "Check the disk; `./moltbot doctor` names the fault.",
  ),
  DATABASE_TOO_NEW: storage(
    500,
    1,
    true,
    "The state folder was written by a newer version (schema {found}, this one knows {known}).",
    "Update Moltbot, or restore a backup made with this version.",
  ),
  AUDIT_DAMAGED: storage(
    500,
    1,
    false,
    "The audit log does not verify at record {record}: {problem}.",
    "Keep the file as evidence and compare it with a head held elsewhere.",
  ),
  AUDIT_HEAD_MISMATCH: storage(
    409,
    5,
    false,
    "The audit log does not contain the given head (size {size}).",
    "The log was truncated or rewritten after that head was signed: keep both as evidence.",
  ),
  CONTENT_UNREADABLE: storage(
    500,
    1,
    false,
    "A record cannot be decrypted: its key was erased or the record was changed.",
    "If the subject was erased this is as it should be; otherwise run `./moltbot doctor`.",
  ),
  QUEUE_LEASE_LOST: storage(
    409,
    5,
    true,
    "Another worker has taken over this job.",
    "Nothing to do: the other one finishes it.",
  ),

  // Identity
  NOT_SIGNED_IN: identity(
    401,
    4,
    "This needs a session or a token.",
    "Open a sign-in link (`./moltbot open`) or send `Authorization: Bearer TOKEN`.",
  ),
  TOKEN_INVALID: identity(
    401,
    4,
    "The token is not valid, expired or was revoked.",
    "`./moltbot token create` makes a new one.",
  ),
  SIGN_IN_LINK_INVALID: identity(
    401,
    4,
    "The sign-in link was used already, has expired or is not one.",
    "`./moltbot open` makes a new one.",
  ),
  LOCKED_OUT: identity(429, 4, "Too many wrong tokens from this address.", "Wait {retryAfter} seconds."),
  ROLE_LEAVES_OUT: identity(
    403,
    4,
    "The role that this house made for you does not cover {operation}.",
    "Ask the owner to add it to the role, or to give you another.",
  ),
  ROLE_NAME_TAKEN: identity(409, 5, "There is a role of that name already.", "Choose another name."),
  ROLE_IN_USE: identity(409, 5, "Somebody still has this role.", "Give them another one first."),
  RIGHT_MISSING: identity(
    403,
    4,
    "You may use this {kind}, but not {right} it.",
    "Ask its owner to share it with that right.",
  ),
  RELEASE_CHANGED: guard(
    409,
    5,
    "What would be released is not what you were shown.",
    "Look at it again with `shares foresee`, and share that.",
  ),
  ROLE_INSUFFICIENT: identity(403, 4, "This needs the role {required}; you have {role}.", "Ask the owner."),
  SCOPE_INSUFFICIENT: identity(
    403,
    4,
    "This token is not for {operation}.",
    "Use another one, or make one whose scopes name it: `./moltbot token create --scope {operation}`.",
  ),
  PROOF_INVALID: identity(
    401,
    4,
    "The DPoP proof does not fit: {problem}.",
    "Send one made for this very request with the device's key (RFC 9449), by a clock that is right.",
  ),
  PROOF_REPLAYED: identity(401, 4, "This DPoP proof was used already.", "Make a new one for each request."),
  SIGNATURE_INVALID: identity(
    401,
    4,
    "This token needs a request signed with its key, and the signature does not fit: {problem}.",
    "Sign this very request (RFC 9421) as `docs/guides/signed-requests.md` shows, with the token's key and by a clock that is right.",
  ),
  SIGNATURE_REPLAYED: identity(
    401,
    4,
    "This signed request came before.",
    "Sign each request anew, with a nonce of its own.",
  ),
  REFRESH_REUSED: identity(
    401,
    4,
    "This refresh token was used before: somebody has a copy of it, so the device was ended.",
    "Pair it again with `./moltbot devices pair`, and look for the copy.",
  ),
  REFRESH_INVALID: identity(
    401,
    4,
    "The refresh token is not valid, or its device was ended.",
    "Pair the device again with `./moltbot devices pair`.",
  ),
  TICKET_INVALID: identity(
    401,
    4,
    "The ticket was used already, has expired or is not one.",
    "Ask for a new one at /v2/tickets; each opens one stream within 30 seconds.",
  ),
  PAIRING_INVALID: identity(
    401,
    4,
    "The pairing code was used already, has expired or is not one.",
    "`./moltbot devices pair` makes a new one.",
  ),
  ACCESS_DENIED: identity(
    403,
    4,
    "You may not {right} this {kind}.",
    "Ask its owner to share it; `./moltbot access explain` says which rule decides.",
  ),
  PERSON_NOT_CHANGEABLE: identity(
    403,
    4,
    "You may not change this person: {problem}.",
    "Somebody above them can; the owner hands the house on with `./moltbot people transfer`.",
  ),
  // Packages: plugins and skills
  PACKAGE_INVALID: configuration(
    400,
    2,
    "This is no package that can be read: {problem}.",
    "Pack it again with `./moltbot plugin pack`, or ask its author.",
  ),
  PACKAGE_UNSIGNED: configuration(
    400,
    2,
    "{name} is not signed, so nobody answers for it.",
    "Sign it with `./moltbot plugin sign FILE` if it is yours, or ask its author for a signed one.",
  ),
  PACKAGE_ALTERED: configuration(
    400,
    4,
    "{name} is not what was signed: its bytes were changed since.",
    "Do not use it. Get it again from its author; one that is installed must be removed and installed anew.",
  ),
  SIGNER_UNKNOWN: configuration(
    403,
    4,
    "{name} is signed with {key}, a key that you have not trusted.",
    "Compare the key with the one that its author shows elsewhere, then `./moltbot signers trust KEY --name WHO`.",
  ),
  SIGNER_CHANGED: configuration(
    403,
    4,
    "{name} is signed with {key}, and the installed one with {installed}.",
    "Ask its author why. To change over, remove the installed one first.",
  ),
  SIGNER_NAME_TAKEN: configuration(
    409,
    5,
    "The name {name} is another key's: {key}.",
    "Choose another name, so that nobody takes one key for the other, or remove that key first.",
  ),
  SIGNER_HAS_NAME: configuration(
    409,
    5,
    "This key is trusted already, as {name}.",
    "Keep that name, or change it with `./moltbot signers trust KEY --name WHO --rename`.",
  ),
  SIGNER_IN_USE: configuration(
    409,
    5,
    "This key signed what is installed: {packages}.",
    "Remove that first: without a trusted key it would be faulty at the next start.",
  ),
  PACKAGE_DOWNGRADE: configuration(
    409,
    5,
    "{name} {version} is not newer than {installed}, which is installed.",
    "Install one with a higher number: an older one could bring back a hole that was closed, and the same number stands for one content.",
  ),
  PACKAGE_WIDENS: configuration(
    403,
    4,
    "{name} {version} may do more than the installed one, so it waits: {widens}.",
    "Look at it with `./moltbot plugin list`, then `./moltbot plugin accept NAME`, or remove it.",
  ),
  PACKAGE_LOOKS_LIKE: configuration(
    400,
    4,
    "{name} is written almost like {other}, which it is not.",
    "Look at the name letter by letter. If it is meant, install it with `--anyway`.",
  ),
  PACKAGE_NAME_TAKEN: configuration(
    409,
    5,
    "The name {name} is taken: {by}.",
    "Give it another name, or ask its author for one; where the other one is an installed package, update or remove that.",
  ),
  PACKAGE_NOT_CONFIRMED: configuration(
    409,
    5,
    "What was looked at is not what was sent: the digest is {digest}.",
    "Look at this one with `./moltbot plugin inspect FILE`, and confirm it by its own digest.",
  ),
  PACKAGE_NOT_LOCKED: configuration(
    403,
    4,
    "{name} {version} is not the one that the lock names.",
    "Get the one that is locked, or make a new lock.",
  ),
  PLUGIN_LIMIT: tool(
    429,
    7,
    "The plugin {plugin} passed its limit: {limit}.",
    "Ask for less at once; if it happens again, tell its author.",
  ),
  PLUGIN_FAILED: tool(
    502,
    7,
    "The plugin {plugin} failed: {problem}.",
    "Try again; if it happens again, tell its author or remove it.",
  ),
  PLUGIN_RESTARTS_SPENT: tool(
    503,
    7,
    "The plugin {plugin} failed too often and rests for {minutes} minutes.",
    "`./moltbot plugin start NAME` tries at once.",
  ),
  PLUGIN_MAY_NOT: tool(
    403,
    4,
    "The plugin {plugin} may not do this: {need}.",
    "Its manifest must ask for it, and the owner must agree.",
  ),
  PLUGIN_NO_HOST: tool(
    409,
    5,
    "The plugin {plugin} may reach no host yet: none is chosen for it.",
    "Choose one with `./moltbot plugin hosts {plugin} HOST`.",
  ),
  PLUGIN_NO_CHOICE: configuration(
    400,
    2,
    "The plugin {plugin} leaves no such choice: {choice}.",
    "`./moltbot plugin list {plugin}` shows what it may touch and what it leaves to you.",
  ),
  PLUGIN_STOPPED: tool(
    503,
    7,
    "The plugin {plugin} does not run: {problem}.",
    "`./moltbot plugin list` says more; `./moltbot plugin start NAME` starts one that was stopped.",
  ),
} satisfies Record<string, ErrorEntry>);

export type ErrorCode = keyof typeof ERROR_TABLE;
export const ERROR_CODES = Object.freeze(Object.keys(ERROR_TABLE)) as readonly ErrorCode[]; // keys of a frozen literal
