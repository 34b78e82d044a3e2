package millrace;

import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Produced;

/** The word count of the process tests on Kafka Streams: the same topology, so the same names. Says READY; ends in order on SIGTERM. */
public final class WordCount {
  public static void main(String[] args) throws InterruptedException {
    Flags flags = new Flags(args);
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, flags.get("app-id"));
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, flags.get("bootstrap"));
    config.put(StreamsConfig.STATE_DIR_CONFIG, flags.get("state-dir"));
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);

    StreamsBuilder builder = new StreamsBuilder();
    builder.<String, String>stream(flags.get("in"))
        .flatMapValues(line -> List.of(line.toLowerCase().split("\\W+")))
        .groupBy((key, word) -> word)
        .count()
        .toStream()
        .to(flags.get("out"), Produced.with(Serdes.String(), Serdes.Long()));

    KafkaStreams streams = new KafkaStreams(builder.build(), config);
    CountDownLatch stopped = new CountDownLatch(1);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) System.out.println("READY");
      if (now == KafkaStreams.State.ERROR) Runtime.getRuntime().halt(1);
      if (now == KafkaStreams.State.NOT_RUNNING) stopped.countDown();
    });
    // Whoever takes over need not wait until the session ends.
    CloseOptions leave = CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP).withTimeout(Duration.ofSeconds(20));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      boolean clean = streams.close(leave);
      Runtime.getRuntime().halt(clean ? 0 : 1);
    }));
    streams.start();
    stopped.await();
  }
}
