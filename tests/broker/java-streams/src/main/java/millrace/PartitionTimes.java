package millrace;

import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.internals.TopicPartitionMetadata;

/** Prints, as Kafka Streams reads them, the partition times in a group's committed offsets: a line {@code topic-partition time} each. */
public final class PartitionTimes {
  public static void main(String[] args) throws Exception {
    Flags flags = new Flags(args);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", flags.get("bootstrap")))) {
      Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(flags.get("app-id")).partitionsToOffsetAndMetadata().get();
      Map<String, Long> times = new TreeMap<>();
      committed.forEach((partition, offset) -> times.put(partition.toString(), TopicPartitionMetadata.decode(offset.metadata()).partitionTime()));
      times.forEach((partition, time) -> System.out.println(partition + " " + time));
    }
  }
}
