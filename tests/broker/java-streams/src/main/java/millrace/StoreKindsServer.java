package millrace;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.internals.TopicPartitionMetadata;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * Starts and stops applications of {@link StoreKinds} when it is asked to over HTTP: one warm process for all of them, since most of a short run is the start of the virtual machine.
 * Says {@code READY port}. An application that fails ends the process.
 */
public final class StoreKindsServer {
  private final String bootstrap;
  private final Map<String, KafkaStreams> apps = new ConcurrentHashMap<>();

  private StoreKindsServer(String bootstrap) {
    this.bootstrap = bootstrap;
  }

  private interface Answer {
    String to(Map<String, String> query) throws Exception;
  }

  public static void main(String[] args) throws IOException {
    StoreKindsServer streams = new StoreKindsServer(new Flags(args).get("bootstrap"));
    HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newCachedThreadPool());
    streams.answer(http, "/times", streams::times);
    streams.answer(http, "/start", streams::start);
    streams.answer(http, "/places", streams::places);
    streams.answer(http, "/stop", streams::stop);
    http.start();
    System.out.println("READY " + http.getAddress().getPort());
  }

  private void answer(HttpServer http, String path, Answer answer) {
    http.createContext(path, exchange -> {
      try {
        respond(exchange, 200, answer.to(queryOf(exchange)));
      } catch (Exception failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        respond(exchange, 500, text.toString());
      }
    });
  }

  private static Map<String, String> queryOf(HttpExchange exchange) {
    Map<String, String> query = new HashMap<>();
    for (String pair : exchange.getRequestURI().getRawQuery().split("&")) {
      String[] parts = pair.split("=", 2);
      query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return query;
  }

  private static void respond(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** Answers with the description of the topology, once the application runs. */
  private String start(Map<String, String> query) throws InterruptedException {
    String id = query.get("app-id");
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    config.put(StreamsConfig.STATE_DIR_CONFIG, query.get("state-dir"));
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
    config.put(StreamsConfig.REPARTITION_PURGE_INTERVAL_MS_CONFIG, "3600000");
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.DSL_STORE_FORMAT_CONFIG, query.get("format"));
    config.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, query.get("optimize"));
    // What a window or join emits must not depend on the wall clock.
    config.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX, 0L);
    config.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 0L);

    Topology topology = StoreKinds.topology(query.get("in"), query.get("out"), config);
    KafkaStreams app = new KafkaStreams(topology, config);
    CountDownLatch running = new CountDownLatch(1);
    app.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) running.countDown();
      if (now == KafkaStreams.State.ERROR) Runtime.getRuntime().halt(1);
    });
    apps.put(id, app);
    app.start();
    running.await();
    return topology.describe().toString();
  }

  /** What Kafka Streams understands of the text that is committed with the offsets: a line for each partition with its time, and the times of the named processors. */
  private String times(Map<String, String> query) throws Exception {
    List<String> lines = new ArrayList<>();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      for (Map.Entry<TopicPartition, OffsetAndMetadata> offset : admin.listConsumerGroupOffsets(query.get("app-id")).partitionsToOffsetAndMetadata().get().entrySet()) {
        TopicPartitionMetadata metadata = TopicPartitionMetadata.decode(offset.getValue().metadata());
        StringBuilder line = new StringBuilder(offset.getKey() + " " + metadata.partitionTime());
        for (String processor : query.get("processors").split(",")) {
          Long time = metadata.processorMetadata().get(processor);
          if (time != null) line.append(' ').append(processor).append('=').append(time);
        }
        lines.add(line.toString());
      }
    } catch (ExecutionException failure) {
      if (!(failure.getCause() instanceof GroupIdNotFoundException)) throw failure;
    }
    return String.join("\n", lines);
  }

  /** Waits until the global table has an epoch: it is read beside the group's offsets, so that its progress shows nowhere else. */
  private String places(Map<String, String> query) throws InterruptedException {
    KafkaStreams app = apps.get(query.get("app-id"));
    ReadOnlyKeyValueStore<String, String> places = app.store(StoreQueryParameters.fromNameAndType("places", QueryableStoreTypes.keyValueStore()));
    String epoch = query.get("epoch");
    while (!epoch.equals(places.get("epoch"))) Thread.sleep(20);
    return epoch;
  }

  private String stop(Map<String, String> query) {
    // Whoever takes over need not wait until the session ends.
    CloseOptions leave = CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP).withTimeout(Duration.ofSeconds(60));
    if (!apps.remove(query.get("app-id")).close(leave)) throw new IllegalStateException("closing took too long");
    return "";
  }
}
