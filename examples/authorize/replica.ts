/** What only reads, from a replica. */
import { neon } from "hedgerow/neon";
import { withReplica } from "hedgerow/replica";

// #region replica
/** @param replicaUrl the same role, password and database as in `url`, at the replica's host. */
export const openDatabase = (url: string, replicaUrl: string) =>
  withReplica({
    primary: neon({ url }),
    replica: neon({ url: replicaUrl }),
    onMiss: (reason) => console.warn(`The primary answered in place of the replica, which was ${reason}.`),
  });
// #endregion
