import type { MoltbotError, PackageRemark } from "@moltbot/contracts";

/** An error of the table as a remark in a report. */
export const remarkOf = ({ code, message, next }: MoltbotError): PackageRemark => ({ code, says: message, next });
