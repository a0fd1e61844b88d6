/** Values that must neither be stored nor shown, as far as this process has come to know them. */
export interface KnownSecrets {
  /** The same list as long as none was added. */
  values(): readonly string[];
}
