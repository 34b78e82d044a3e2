package millrace.avro;

import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes and reads Avro with the registry's own serializers. {@code produce BOOTSTRAP REGISTRY TOPIC SCHEMA-FILE}: lines of key, tab, value in Avro's JSON encoding from standard input.
 * {@code consume BOOTSTRAP REGISTRY TOPIC COUNT}: prints such lines.
 */
public final class Topic {
  private Topic() {}

  public static void main(String[] args) throws Exception {
    if (args[0].equals("produce")) produce(args[1], args[2], args[3], new Schema.Parser().parse(Files.readString(Path.of(args[4]))));
    else consume(args[1], args[2], args[3], Integer.parseInt(args[4]));
  }

  private static Map<String, Object> registry(String url) {
    Map<String, Object> config = new HashMap<>();
    config.put("apicurio.registry.url", url);
    config.put("apicurio.registry.auto-register", true);
    config.put("apicurio.registry.auto-register.if-exists", "RETURN_OR_UPDATE");
    config.put("apicurio.registry.artifact-resolver-strategy", "io.apicurio.registry.serde.strategy.TopicIdStrategy");
    config.put("apicurio.registry.id-handler", "io.apicurio.registry.serde.Legacy4ByteIdHandler");
    config.put("apicurio.registry.use-id", "contentId");
    config.put("apicurio.registry.headers.enabled", false);
    return config;
  }

  private static void produce(String bootstrap, String registry, String topic, Schema schema) throws Exception {
    AvroKafkaSerializer<GenericRecord> values = new AvroKafkaSerializer<>();
    values.configure(registry(registry), false);
    Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "acks", "all");
    try (KafkaProducer<String, GenericRecord> producer = new KafkaProducer<>(config, new StringSerializer(), values)) {
      GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
      for (String line : new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        String[] parts = line.split("\t", 2);
        GenericRecord value = parts[1].equals("null") ? null : reader.read(null, DecoderFactory.get().jsonDecoder(schema, parts[1]));
        producer.send(new ProducerRecord<>(topic, parts[0], value)).get();
      }
    }
  }

  private static void consume(String bootstrap, String registry, String topic, int count) throws Exception {
    AvroKafkaDeserializer<GenericRecord> values = new AvroKafkaDeserializer<>();
    values.configure(registry(registry), false);
    Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest");
    try (KafkaConsumer<String, GenericRecord> consumer = new KafkaConsumer<>(config, new StringDeserializer(), values)) {
      List<TopicPartition> partitions = new ArrayList<>();
      consumer.partitionsFor(topic).forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
      int seen = 0;
      while (seen < count) {
        if (System.nanoTime() > deadline) throw new IllegalStateException("only " + seen + " of " + count + " records came");
        for (ConsumerRecord<String, GenericRecord> record : consumer.poll(Duration.ofMillis(200))) {
          System.out.println(record.key() + "\t" + (record.value() == null ? "null" : json(record.value())));
          seen++;
        }
      }
    }
  }

  private static String json(GenericRecord value) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonEncoder encoder = EncoderFactory.get().jsonEncoder(value.getSchema(), out);
    new GenericDatumWriter<GenericRecord>(value.getSchema()).write(value, encoder);
    encoder.flush();
    return out.toString(StandardCharsets.UTF_8);
  }
}
