package millrace;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.BiFunction;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TableJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.kstream.internals.SessionWindow;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.TimestampedWindowStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;

/** A sub-topology for every kind of store: the topology that handover-topology.ts builds, node by node. */
final class StoreKinds {
  private static final Serde<String> TEXT = Serdes.String();
  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
  private static final Duration HALF_MINUTE = Duration.ofSeconds(30);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);

  private static final Serde<Windowed<String>> MINUTES = WindowedSerdes.timeWindowedSerdeFrom(String.class, MINUTE.toMillis());
  private static final Serde<Windowed<String>> SLIDING = WindowedSerdes.timeWindowedSerdeFrom(String.class, HALF_MINUTE.toMillis());
  private static final Serde<Windowed<String>> SESSIONS = WindowedSerdes.sessionWindowedSerdeFrom(String.class);
  private static final TimeWindows TUMBLING = TimeWindows.ofSizeAndGrace(MINUTE, HALF_MINUTE);
  private static final SessionWindows GAPS = SessionWindows.ofInactivityGapAndGrace(TEN_SECONDS, HALF_MINUTE);
  private static final SlidingWindows PAIRS = SlidingWindows.ofTimeDifferenceAndGrace(HALF_MINUTE, HALF_MINUTE);

  private final StreamsBuilder builder;
  private final String in;
  private final String out;

  private StoreKinds(StreamsBuilder builder, String in, String out) {
    this.builder = builder;
    this.in = in + "-";
    this.out = out + "-";
  }

  /** @param config of the application; its format of rows decides what there is beside the stores that have it */
  static Topology topology(String in, String out, Properties config) {
    StreamsBuilder builder = new StreamsBuilder(new TopologyConfig(new StreamsConfig(config)));
    StoreKinds kinds = new StoreKinds(builder, in, out);
    // The format is of stores that the DSL makes; those that are described one by one have the kind that they name.
    if (config.getProperty(StreamsConfig.DSL_STORE_FORMAT_CONFIG).equalsIgnoreCase(StreamsConfig.DSL_STORE_FORMAT_DEFAULT)) {
      kinds.described();
    }
    kinds.tables();
    kinds.windows();
    kinds.streamJoins();
    kinds.tableJoins();
    return builder.build(config);
  }

  // ---- stores of processors ----

  private void processors() {
    keeps("kv", Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("kv"), TEXT, TEXT), StoreKinds::keep);
    keeps("kv-memory", Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("kv-memory"), TEXT, TEXT), StoreKinds::keep);
    keeps("kv-lru", Stores.keyValueStoreBuilder(Stores.lruMap("kv-lru", 3), TEXT, TEXT), StoreKinds::keep);
    keeps("kv-timed", Stores.timestampedKeyValueStoreBuilder(Stores.persistentTimestampedKeyValueStore("kv-timed"), TEXT, TEXT), StoreKinds::keepTimed);
    keeps("kv-timed-memory", Stores.timestampedKeyValueStoreBuilder(Stores.inMemoryKeyValueStore("kv-timed-memory"), TEXT, TEXT), StoreKinds::keepTimed);
    keeps("versions", Stores.versionedKeyValueStoreBuilder(Stores.persistentVersionedKeyValueStore("versions", FIVE_MINUTES), TEXT, TEXT), StoreKinds::keepVersion);
    keeps("window", Stores.windowStoreBuilder(Stores.persistentWindowStore("window", FIVE_MINUTES, MINUTE, false), TEXT, TEXT), StoreKinds::keepInWindow);
    keeps("window-memory", Stores.windowStoreBuilder(Stores.inMemoryWindowStore("window-memory", FIVE_MINUTES, MINUTE, false), TEXT, TEXT), StoreKinds::keepInWindow);
    keeps("window-timed", Stores.timestampedWindowStoreBuilder(Stores.persistentTimestampedWindowStore("window-timed", FIVE_MINUTES, MINUTE, false), TEXT, TEXT), StoreKinds::keepInTimedWindow);
    keeps("window-duplicates", Stores.windowStoreBuilder(Stores.persistentWindowStore("window-duplicates", FIVE_MINUTES, MINUTE, true), TEXT, TEXT), StoreKinds::keepDuplicates);
    keeps("session", Stores.sessionStoreBuilder(Stores.persistentSessionStore("session", FIVE_MINUTES), TEXT, TEXT), StoreKinds::keepSession);
    keeps("session-memory", Stores.sessionStoreBuilder(Stores.inMemorySessionStore("session-memory", FIVE_MINUTES), TEXT, TEXT), StoreKinds::keepSession);
  }

  private <S extends StateStore> void keeps(String name, StoreBuilder<S> store, BiFunction<S, Record<String, String>, String> step) {
    builder.addStateStore(store);
    input(name)
        .process(() -> new Processor<String, String, String, String>() {
          private ProcessorContext<String, String> context;
          private S state;

          @Override
          public void init(ProcessorContext<String, String> given) {
            context = given;
            state = given.getStateStore(name);
          }

          @Override
          public void process(Record<String, String> record) {
            context.forward(record.withValue(step.apply(state, record)));
          }
        }, Named.as(name + "-keeper"), name)
        .to(out + name);
  }

  private static String keep(KeyValueStore<String, String> store, Record<String, String> record) {
    String before = store.get(record.key());
    store.put(record.key(), record.value());
    return before + ">" + record.value();
  }

  private static String keepTimed(TimestampedKeyValueStore<String, String> store, Record<String, String> record) {
    ValueAndTimestamp<String> before = store.get(record.key());
    store.put(record.key(), ValueAndTimestamp.make(record.value(), record.timestamp()));
    return show(before) + ">" + record.value();
  }

  private static String keepVersion(VersionedKeyValueStore<String, String> store, Record<String, String> record) {
    long next = store.put(record.key(), record.value(), record.timestamp());
    VersionedRecord<String> earlier = store.get(record.key(), record.timestamp() - MINUTE.toMillis());
    return next + ":" + (earlier == null ? "none" : earlier.value() + "@" + earlier.timestamp()) + ">" + record.value();
  }

  private static String keepInWindow(WindowStore<String, String> store, Record<String, String> record) {
    long start = record.timestamp() - record.timestamp() % MINUTE.toMillis();
    String before = store.fetch(record.key(), start);
    store.put(record.key(), record.value() == null ? null : before + "+" + record.value(), start);
    StringBuilder all = new StringBuilder();
    try (WindowStoreIterator<String> rows = store.fetch(record.key(), start - FIVE_MINUTES.toMillis(), start)) {
      while (rows.hasNext()) {
        KeyValue<Long, String> row = rows.next();
        all.append(row.key).append('=').append(row.value).append(' ');
      }
    }
    return all.toString();
  }

  private static String keepInTimedWindow(TimestampedWindowStore<String, String> store, Record<String, String> record) {
    long start = record.timestamp() - record.timestamp() % MINUTE.toMillis();
    ValueAndTimestamp<String> before = store.fetch(record.key(), start);
    store.put(record.key(), ValueAndTimestamp.make(record.value(), record.timestamp()), start);
    return show(before) + ">" + record.value();
  }

  private static String keepDuplicates(WindowStore<String, String> store, Record<String, String> record) {
    // So that some records fall on one time.
    long start = record.timestamp() - record.timestamp() % 3000;
    store.put(record.key(), record.value(), start);
    StringBuilder all = new StringBuilder();
    try (WindowStoreIterator<String> rows = store.fetch(record.key(), start - MINUTE.toMillis(), start)) {
      while (rows.hasNext()) all.append(rows.next().value).append(' ');
    }
    return all.toString();
  }

  private static String keepSession(SessionStore<String, String> store, Record<String, String> record) {
    if (record.value() == null) return "nothing";
    long start = record.timestamp();
    long end = record.timestamp();
    StringBuilder merged = new StringBuilder();
    List<Windowed<String>> met = new ArrayList<>();
    long gap = TEN_SECONDS.toMillis();
    try (KeyValueIterator<Windowed<String>, String> sessions = store.findSessions(record.key(), start - gap, end + gap)) {
      while (sessions.hasNext()) {
        KeyValue<Windowed<String>, String> session = sessions.next();
        met.add(session.key);
        merged.append(session.value);
        start = Math.min(start, session.key.window().start());
        end = Math.max(end, session.key.window().end());
      }
    }
    met.forEach(store::remove);
    merged.append('+').append(record.value());
    store.put(new Windowed<>(record.key(), new SessionWindow(start, end)), merged.toString());
    return start + "-" + end + ":" + merged;
  }

  private static String show(ValueAndTimestamp<String> row) {
    return row == null ? "none" : row.value() + "@" + row.timestamp();
  }

  // ---- tables ----

  private void tables() {
    builder.<String, String>table(in + "table", Materialized.as("table"))
        .mapValues(value -> value + "!", Materialized.as("table-mapped"))
        .toStream()
        .to(out + "table");
    builder.<String, String>table(in + "history", Materialized.as(Stores.persistentVersionedKeyValueStore("history", FIVE_MINUTES)))
        .toStream()
        .to(out + "history");
    input("grouped")
        .groupBy((key, value) -> value.substring(0, 1), Grouped.as("grouped"))
        .count(Materialized.as("grouped"))
        .toStream()
        .to(out + "grouped", Produced.valueSerde(Serdes.Long()));
    builder.<String, String>table(in + "regrouped")
        .groupBy((key, value) -> KeyValue.pair(value.substring(0, 1), value), Grouped.as("regrouped"))
        .aggregate(() -> "", (key, value, all) -> all + "+" + value, (key, value, all) -> all + "-" + value, Materialized.as("regrouped"))
        .toStream()
        .to(out + "regrouped");
    input("delayed")
        .groupByKey()
        .reduce((all, value) -> all + value, Materialized.as("delayed"))
        .suppress(Suppressed.<String>untilTimeLimit(HALF_MINUTE, Suppressed.BufferConfig.unbounded()).withName("delayed"))
        .toStream()
        .to(out + "delayed");
  }

  // ---- windows ----

  private KGroupedStream<String, String> group(String name) {
    return input(name).groupByKey();
  }

  private <V> void emit(String name, KTable<Windowed<String>, V> table, Serde<Windowed<String>> key, Serde<V> value) {
    table.toStream().to(out + name, Produced.with(key, value));
  }

  private void described() {
    processors();

    input("rows-plain").toTable(Materialized.<String, String>as(Stores.persistentKeyValueStore("rows-plain"))).toStream().to(out + "rows-plain");
    input("rows-lru").toTable(Materialized.<String, String>as(Stores.lruMap("rows-lru", 3))).toStream().to(out + "rows-lru");

    KTable<String, String> prices = builder.table(in + "prices", Materialized.as(Stores.persistentVersionedKeyValueStore("prices", FIVE_MINUTES)));
    input("sales").join(prices, StoreKinds::both, Joined.<String, String, String>as("sales").withGracePeriod(HALF_MINUTE)).to(out + "sales");

    emit("tumbling-memory",
        group("tumbling-memory").windowedBy(TUMBLING).count(Materialized.<String, Long>as(Stores.inMemoryWindowStore("tumbling-memory", FIVE_MINUTES, MINUTE, false))),
        MINUTES, Serdes.Long());
    emit("sessions-memory",
        group("sessions-memory").windowedBy(GAPS).reduce((all, value) -> all + value, Materialized.<String, String>as(Stores.inMemorySessionStore("sessions-memory", FIVE_MINUTES))),
        SESSIONS, TEXT);
  }

  private void windows() {
    emit("tumbling", group("tumbling").windowedBy(TUMBLING).count(Materialized.as("tumbling")), MINUTES, Serdes.Long());
    emit("hopping", group("hopping").windowedBy(TUMBLING.advanceBy(HALF_MINUTE)).reduce((all, value) -> all + value, Materialized.as("hopping")), MINUTES, TEXT);
    emit("sliding", group("sliding").windowedBy(PAIRS).reduce((all, value) -> all + value, Materialized.as("sliding")), SLIDING, TEXT);
    emit("sessions", group("sessions").windowedBy(GAPS).reduce((all, value) -> all + value, Materialized.as("sessions")), SESSIONS, TEXT);

    // A longer retention keeps windows that stream time jumps over until they are emitted.
    EmitStrategy close = EmitStrategy.onWindowClose();
    emit("tumbling-close",
        group("tumbling-close").windowedBy(TUMBLING).emitStrategy(close).count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("tumbling-close").withRetention(FIVE_MINUTES)),
        MINUTES, Serdes.Long());
    emit("sliding-close",
        group("sliding-close").windowedBy(PAIRS).emitStrategy(close).reduce((all, value) -> all + value, Materialized.<String, String, WindowStore<Bytes, byte[]>>as("sliding-close").withRetention(FIVE_MINUTES)),
        SLIDING, TEXT);
    emit("sessions-close",
        group("sessions-close").windowedBy(GAPS).emitStrategy(close).reduce((all, value) -> all + value, Materialized.<String, String, SessionStore<Bytes, byte[]>>as("sessions-close").withRetention(FIVE_MINUTES)),
        SESSIONS, TEXT);

    emit("closed",
        group("closed").windowedBy(TUMBLING).count(Materialized.as("closed")).suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()).withName("closed-buffer")),
        MINUTES, Serdes.Long());
    emit("sessions-closed",
        group("sessions-closed").windowedBy(GAPS).count(Materialized.as("sessions-closed")).suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()).withName("sessions-closed-buffer")),
        SESSIONS, Serdes.Long());
  }

  // ---- joins ----

  private void streamJoins() {
    JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(HALF_MINUTE, HALF_MINUTE);
    StreamJoined<String, String, String> inner = StreamJoined.with(TEXT, TEXT, TEXT).withStoreName("inner");
    StreamJoined<String, String, String> left = StreamJoined.with(TEXT, TEXT, TEXT).withStoreName("left");
    StreamJoined<String, String, String> outer = StreamJoined.with(TEXT, TEXT, TEXT).withStoreName("outer");
    StreamJoined<String, String, String> memory =
        StreamJoined.<String, String, String>with(new BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers()).withKeySerde(TEXT).withValueSerde(TEXT).withOtherValueSerde(TEXT).withStoreName("outer-memory");
    input("inner-this").join(input("inner-other"), StoreKinds::both, windows, inner).to(out + "inner");
    input("left-this").leftJoin(input("left-other"), StoreKinds::both, windows, left).to(out + "left");
    input("outer-this").outerJoin(input("outer-other"), StoreKinds::both, windows, outer).to(out + "outer");
    input("outer-memory-this").outerJoin(input("outer-memory-other"), StoreKinds::both, windows, memory).to(out + "outer-memory");
  }

  private KStream<String, String> input(String name) {
    return builder.stream(in + name, Consumed.with(TEXT, TEXT));
  }

  private static String both(String left, String right) {
    return left + "/" + right;
  }

  private void tableJoins() {
    KTable<String, String> rows = builder.table(in + "rows-this", Materialized.as("rows-this"));
    rows.outerJoin(builder.table(in + "rows-other", Materialized.as("rows-other")), StoreKinds::both, Materialized.as("rows")).toStream().to(out + "rows");

    KTable<String, String> customers = builder.table(in + "customers", Materialized.as("customers"));
    KTable<String, String> orders = builder.table(in + "orders", Materialized.as("orders"));
    orders.join(customers, order -> order.substring(0, 1), StoreKinds::both, TableJoined.as("billed"), Materialized.as("billed")).toStream().to(out + "billed");
    orders.leftJoin(customers, order -> order.substring(0, 1), StoreKinds::both, TableJoined.as("listed"), Materialized.as("listed")).toStream().to(out + "listed");

    GlobalKTable<String, String> places = builder.globalTable(in + "places", Materialized.as("places"));
    input("visits").join(places, (key, value) -> key, StoreKinds::both).to(out + "visits");
  }
}
