/** Bytes that may still be stored. */
export interface Room {
  /**
   * Takes room for bytes that have arrived, until they are settled. Returns synchronously if what is known of the
   * stored bytes is recent and there is room.
   *
   * @throws Failure `no_room`
   */
  admit(bytes: number): void | Promise<void>;

  /** Checks for room without taking it. @throws Failure `no_room` */
  look(bytes: number): void | Promise<void>;

  /** Ends an admission: the bytes are stored with their row, or they are gone. */
  settle(admitted: number): void;
}

/** The room of the server: under `MAX_STORAGE`, and on the disk if it stores there. */
export interface ServerRoom {
  /** What content in a row of the database takes in addition to its own bytes. */
  readonly rowBytes: number;

  /**
   * Takes room for new bytes, until they are settled.
   *
   * @param elsewhere The bytes go to a store that is not on this machine's disk.
   * @throws Failure `no_room`
   */
  admit(bytes: number, elsewhere?: boolean): void | Promise<void>;

  /** Checks for room without taking it. @throws Failure `no_room` */
  look(bytes: number, elsewhere: boolean): void | Promise<void>;

  /** The room left by each limit (bytes); infinite without a limit. */
  room(): Promise<{ byStorage: number; byDisk: number }>;

  /** Records that admitted bytes are written, so that the free space of the disk already reflects them. */
  written(bytes: number): void;

  /** Ends an admission: the bytes are stored with their row, or they are gone. */
  settle(admitted: number, written: number, elsewhere?: boolean): void;

  /** Ends an admission of which nothing was stored. The room is available again at once. */
  giveBack(admitted: number, elsewhere: boolean): void;
}
