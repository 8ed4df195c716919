/** Invariant: accepts exactly what `hedgerow.as_uuid` accepts, so that a caller's id is a uuid in both or in neither. */
export const uuidPattern = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

const pattern = new RegExp(uuidPattern);

export const isUuid = (text: string): boolean => pattern.test(text);
