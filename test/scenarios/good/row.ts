/** One configuration that nothing may object to. */
export interface GoodRow {
  /** Ends the sentence "A program with …". */
  title: string;
  /** Of the BackupLocation; default: MinIO. `name` is the row's own, a prefix that no other row has. */
  storage?: string;
  /** Default: `{ east }`. */
  clusters?: string;
  /** More of the BackupLocation, with a comma behind it. */
  location?: string;
  /** Of a ClusterBackup of `east`, where there is to be one. */
  backup?: string;
  /** The sandbox can serve it: it passes an up as well. */
  passesUp?: true;
}
