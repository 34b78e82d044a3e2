package millrace;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The application of tests/programs/src/application-topology.ts on Kafka Streams, node by node. Says {@code TOPOLOGY} with its description in Base64, then READY;
 * ends in order on SIGTERM.
 */
public final class Application {
  private static final Serde<String> TEXT = Serdes.String();
  private static final Serde<Long> LONG = Serdes.Long();

  public static void main(String[] args) throws InterruptedException {
    Flags flags = new Flags(args);
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, flags.get("app-id"));
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, flags.get("bootstrap"));
    config.put(StreamsConfig.STATE_DIR_CONFIG, flags.get("state-dir"));
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, String.valueOf(1024 * 1024));
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, "300");
    config.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueExceptionHandler.class);
    config.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueProcessingExceptionHandler.class);
    config.put(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, flags.get("out") + "dead");
    config.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 300L);
    config.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX, 300L);

    Topology topology = topology(flags.get("in"), flags.get("out"));
    System.out.println("TOPOLOGY " + Base64.getEncoder().encodeToString(topology.describe().toString().getBytes(StandardCharsets.UTF_8)));
    KafkaStreams streams = new KafkaStreams(topology, config);
    CountDownLatch stopped = new CountDownLatch(1);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) System.out.println("READY");
      if (now == KafkaStreams.State.ERROR) Runtime.getRuntime().halt(1);
      if (now == KafkaStreams.State.NOT_RUNNING) stopped.countDown();
    });
    CloseOptions leave = CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP).withTimeout(Duration.ofSeconds(20));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      boolean clean = streams.close(leave);
      Runtime.getRuntime().halt(clean ? 0 : 1);
    }));
    streams.start();
    stopped.await();
  }

  private static Topology topology(String in, String out) {
    StreamsBuilder builder = new StreamsBuilder();

    GlobalKTable<String, String> products = builder.globalTable(in + "products", Materialized.as("products"));
    KStream<String, Long> orders = builder.stream(in + "orders", Consumed.with(TEXT, LONG)).mapValues(amount -> {
      if (amount < 0) throw new IllegalArgumentException("negative: " + amount);
      return amount;
    });
    orders
        .join(products, (key, amount) -> key.substring(0, key.indexOf('-')), (amount, product) -> product + " " + amount)
        .to(out + "priced");
    KStream<String, Long> payments = builder.stream(in + "payments", Consumed.with(TEXT, LONG));
    orders
        .outerJoin(payments, (order, payment) -> order + "/" + payment,
            JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(30), Duration.ofHours(1)),
            StreamJoined.with(TEXT, LONG, LONG).withStoreName("paired"))
        .to(out + "paired");

    KGroupedStream<String, String> clicks = builder.stream(in + "clicks", Consumed.with(TEXT, TEXT)).groupByKey();
    clicks
        .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(20), Duration.ofSeconds(5)))
        .emitStrategy(EmitStrategy.onWindowClose())
        .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("closed")
            .withRetention(Duration.ofDays(1)))
        .toStream((key, count) -> key.key() + "@" + key.window().start())
        .to(out + "closed", Produced.with(TEXT, LONG));
    clicks
        .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(20), Duration.ofSeconds(5)).advanceBy(Duration.ofSeconds(10)))
        .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("hopping")
            .withRetention(Duration.ofDays(1)).withCachingDisabled())
        .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()).withName("final"))
        .toStream()
        .to(out + "suppressed", Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, 20_000L), LONG));

    KStream<String, String> events = builder.stream(Pattern.compile(in + "events-.*"));
    events.processValues(Place::new).to(out + "places");
    events
        .groupBy((key, kind) -> kind)
        .count(Materialized.as("event-counts"))
        .toStream()
        .to(out + "event-counts", Produced.with(TEXT, LONG));

    KTable<String, String> customers = builder.table(in + "customers", stored("customers"));
    KTable<String, String> accounts = builder.table(in + "accounts", stored("accounts"));
    accounts
        .leftJoin(customers, Application::customerOf, (account, name) -> account + "=" + name, stored("account-names"))
        .toStream()
        .to(out + "account-names");

    KTable<String, String> prices =
        builder.table(in + "prices", Materialized.as(Stores.persistentVersionedKeyValueStore("prices", Duration.ofHours(12))));
    builder.<String, String>stream(in + "quotes")
        .leftJoin(prices, (quote, price) -> quote + " at " + price, Joined.with(TEXT, TEXT, TEXT, "quoted", Duration.ofSeconds(5)))
        .to(out + "quoted");

    builder.stream(in + "readings", Consumed.with(TEXT, LONG))
        .process(new TotalsSupplier())
        .to(out + "totals", Produced.with(TEXT, LONG));

    return builder.build();
  }

  private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> stored(String name) {
    return Materialized.<String, String, KeyValueStore<Bytes, byte[]>>as(name)
        .withKeySerde(TEXT).withValueSerde(TEXT).withCachingDisabled();
  }

  private static String customerOf(String account) {
    int end = account.indexOf(':');
    return end < 0 ? null : account.substring(0, end);
  }

  /** Tells where a record lay. */
  private static final class Place implements FixedKeyProcessor<String, String, String> {
    private FixedKeyProcessorContext<String, String> context;

    @Override
    public void init(FixedKeyProcessorContext<String, String> context) {
      this.context = context;
    }

    @Override
    public void process(FixedKeyRecord<String, String> record) {
      context.recordMetadata().ifPresent(place ->
          context.forward(record.withValue(record.value() + " " + place.topic() + " " + place.partition() + " " + place.offset())));
    }
  }

  private static final class TotalsSupplier implements ProcessorSupplier<String, Long, String, Long> {
    @Override
    public Processor<String, Long, String, Long> get() {
      return new Totals();
    }

    @Override
    public Set<StoreBuilder<?>> stores() {
      return Set.of(
          Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("sums"), TEXT, LONG),
          Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("told"), TEXT, LONG));
    }
  }

  /** Sums readings, and tells by the wall clock the sums that have changed, and how many products the global table has. */
  private static final class Totals implements Processor<String, Long, String, Long> {
    private ProcessorContext<String, Long> context;
    private KeyValueStore<String, Long> sums;
    private KeyValueStore<String, Long> told;

    @Override
    public void init(ProcessorContext<String, Long> context) {
      this.context = context;
      sums = context.getStateStore("sums");
      told = context.getStateStore("told");
      ReadOnlyKeyValueStore<String, ?> products = context.getStateStore("products");
      String countKey = "products/" + context.taskId().partition();
      context.schedule(Duration.ofMillis(200), PunctuationType.WALL_CLOCK_TIME, now -> {
        try (KeyValueIterator<String, Long> rows = sums.all()) {
          rows.forEachRemaining(row -> tell(row.key, row.value, now));
        }
        long count = 0;
        try (KeyValueIterator<String, ?> rows = products.all()) {
          for (; rows.hasNext(); rows.next()) count++;
        }
        tell(countKey, count, now);
      });
    }

    @Override
    public void process(Record<String, Long> record) {
      Long sum = sums.get(record.key());
      sums.put(record.key(), (sum == null ? 0 : sum) + record.value());
    }

    private void tell(String key, long value, long now) {
      Long before = told.get(key);
      if (before != null && before == value) return;
      told.put(key, value);
      context.forward(new Record<>(key, value, now));
    }
  }
}
