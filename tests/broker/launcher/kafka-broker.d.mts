export interface BrokerOptions {
  /** Where data, settings and log go; a directory that was used before keeps its data. Default: a new temporary one. */
  readonly directory?: string | undefined;
  /** 0 = a free one (default). */
  readonly port?: number | undefined;
  /** Settings over those of `settings.mjs`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

export interface ToolResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A broker process and its directory. It outlives this process unless it is stopped. */
export declare class KafkaBroker {
  private constructor(directory: string, port: number);
  static open(directory: string): KafkaBroker;
  readonly directory: string;
  readonly port: number;
  /** `host:port`, the same over restarts. */
  readonly bootstrap: string;
  readonly pid: number | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Connections stay open and nothing answers, until `thaw`. */
  freeze(): Promise<void>;
  thaw(): void;
  remove(): Promise<void>;
}

/** Starts a broker and resolves when it answers. The first call ever fetches Kafka's jars (54 MB). */
export declare function startBroker(options?: BrokerOptions): Promise<KafkaBroker>;

/** Runs one of Kafka's own tools, by a name of `toolNames` or a class name. Does not reject for its exit code. */
export declare function runTool(
  tool: string,
  args: readonly string[],
  options?: { readonly input?: string | undefined; readonly timeoutMs?: number | undefined },
): Promise<ToolResult>;

/** Why no broker can be started here, or undefined if one can. */
export declare function missingForBroker(): string | undefined;

/** Loopback ports that nobody listens on at the moment. */
export declare function freePorts(count: number): Promise<number[]>;

export declare const kafkaVersion: string;
export declare const toolNames: readonly string[];
