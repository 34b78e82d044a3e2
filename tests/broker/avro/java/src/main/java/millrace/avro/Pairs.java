package millrace.avro;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;

/**
 * Random schemas with random values, as Java writes them: one JSON object a line with the schema, the bytes (Base64), the value in Avro's JSON encoding, another schema and what Java
 * reads with it. Arguments: seed, count.
 */
public final class Pairs {
  private static final String[] PLAIN = {"boolean", "int", "long", "float", "double", "string", "bytes"};

  private final Random random;
  private int names;

  private Pairs(long seed) {
    random = new Random(seed);
  }

  public static void main(String[] args) throws Exception {
    Pairs pairs = new Pairs(Long.parseLong(args[0]));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    int count = Integer.parseInt(args[1]);
    for (int i = 0; i < count; i++) out.println(pairs.next());
    out.flush();
  }

  private String next() throws Exception {
    names = 0;
    Schema schema = random.nextInt(4) == 0 ? schema(2) : record(3);
    Object value = value(schema, 0);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<Object>(schema).write(value, encoder);
    encoder.flush();
    byte[] encoded = bytes.toByteArray();
    Schema reader = evolved(schema, new LinkedHashMap<>());
    String read = "null";
    boolean isReadable = true;
    try {
      Object resolved = new GenericDatumReader<Object>(schema, reader).read(null, DecoderFactory.get().binaryDecoder(encoded, null));
      read = json(reader, resolved);
    } catch (AvroRuntimeException | ClassCastException refused) {
      isReadable = false;
    }
    return "{\"schema\":" + schema + ",\"bytes\":\"" + Base64.getEncoder().encodeToString(encoded) + "\",\"json\":" + json(schema, value)
        + ",\"reader\":" + reader + ",\"readable\":" + isReadable + ",\"read\":" + read + "}";
  }

  private static String json(Schema schema, Object value) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonEncoder encoder = EncoderFactory.get().jsonEncoder(schema, out);
    new GenericDatumWriter<Object>(schema).write(value, encoder);
    encoder.flush();
    String text = out.toString(StandardCharsets.UTF_8);
    if (!text.isEmpty()) return text;
    return schema.getType() == Schema.Type.RECORD ? "{}" : "null";
  }

  private String name(String kind) {
    return kind + names++;
  }

  private Schema plain() {
    return Schema.create(Schema.Type.valueOf(PLAIN[random.nextInt(PLAIN.length)].toUpperCase()));
  }

  private Schema schema(int depth) {
    int kind = random.nextInt(depth > 0 ? 14 : 9);
    if (kind < 7) return Schema.create(Schema.Type.valueOf(PLAIN[kind].toUpperCase()));
    if (kind == 7) return enumeration();
    if (kind == 8) return Schema.createFixed(name("F"), null, "ns.f", random.nextInt(20));
    if (kind == 9) return Schema.createArray(schema(depth - 1));
    if (kind == 10) return Schema.createMap(schema(depth - 1));
    if (kind <= 12) return union(depth - 1);
    return record(depth - 1);
  }

  private Schema enumeration() {
    List<String> symbols = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(6); i++) symbols.add("S" + i);
    return Schema.createEnum(name("E"), null, random.nextBoolean() ? "ns" : null, symbols, symbols.get(0));
  }

  /** Branches that are different kinds of values in JavaScript, and sometimes two records. */
  private Schema union(int depth) {
    List<Schema> branches = new ArrayList<>();
    branches.add(Schema.create(Schema.Type.NULL));
    if (random.nextInt(3) == 0) branches.add(Schema.create(Schema.Type.BOOLEAN));
    if (random.nextBoolean()) branches.add(Schema.create(List.of(Schema.Type.INT, Schema.Type.LONG, Schema.Type.DOUBLE, Schema.Type.FLOAT).get(random.nextInt(4))));
    if (random.nextInt(3) == 0) branches.add(random.nextBoolean() ? Schema.create(Schema.Type.STRING) : enumeration());
    if (random.nextInt(4) == 0) branches.add(Schema.create(Schema.Type.BYTES));
    if (random.nextInt(4) == 0) branches.add(Schema.createArray(schema(0)));
    if (depth > 0 && random.nextBoolean()) branches.add(record(depth - 1));
    if (depth > 0 && random.nextInt(3) == 0) branches.add(record(depth - 1));
    java.util.Collections.shuffle(branches, random);
    return Schema.createUnion(branches);
  }

  private Schema record(int depth) {
    Schema record = Schema.createRecord(name("R"), "made", random.nextBoolean() ? "ns.r" : null, false);
    List<Schema.Field> fields = new ArrayList<>();
    int count = random.nextInt(7);
    for (int i = 0; i < count; i++) fields.add(new Schema.Field("f" + i, schema(depth), null, (Object) null));
    if (random.nextInt(4) == 0) fields.add(new Schema.Field("next", Schema.createUnion(Schema.create(Schema.Type.NULL), record), null, Schema.Field.NULL_DEFAULT_VALUE));
    record.setFields(fields);
    return record;
  }

  private Object value(Schema schema, int depth) {
    switch (schema.getType()) {
      case NULL:
        return null;
      case BOOLEAN:
        return random.nextBoolean();
      case INT:
        return random.nextInt() >> random.nextInt(32);
      case LONG:
        return random.nextLong() >> (11 + random.nextInt(53));
      case FLOAT:
        return (float) (random.nextGaussian() * Math.pow(10, random.nextInt(20) - 10));
      case DOUBLE:
        return random.nextGaussian() * Math.pow(10, random.nextInt(60) - 30);
      case STRING:
        return text();
      case BYTES: {
        byte[] bytes = new byte[random.nextInt(100)];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
      }
      case FIXED: {
        byte[] bytes = new byte[schema.getFixedSize()];
        random.nextBytes(bytes);
        return new GenericData.Fixed(schema, bytes);
      }
      case ENUM:
        return new GenericData.EnumSymbol(schema, schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
      case ARRAY: {
        List<Object> items = new GenericData.Array<>(4, schema);
        for (int i = random.nextInt(5); i > 0; i--) items.add(value(schema.getElementType(), depth + 1));
        return items;
      }
      case MAP: {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) map.put("k" + text(), value(schema.getValueType(), depth + 1));
        return map;
      }
      case UNION: {
        List<Schema> branches = schema.getTypes();
        boolean isDeep = depth > 6 && branches.get(0).getType() == Schema.Type.NULL;
        return value(branches.get(isDeep ? 0 : random.nextInt(branches.size())), depth + 1);
      }
      case RECORD: {
        GenericData.Record record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) record.put(field.pos(), value(field.schema(), depth + 1));
        return record;
      }
      default:
        throw new IllegalStateException(schema.toString());
    }
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    int[] points = {'a', 'Z', '0', ' ', '"', '\\', '\n', 0xe4, 0x20ac, 0x1f600, 0x7ff, 0x800};
    for (int i = random.nextInt(random.nextInt(10) == 0 ? 200 : 12); i > 0; i--) text.appendCodePoint(points[random.nextInt(points.length)]);
    return text.toString();
  }

  /** The schema with changes that mostly can be read, now and then one that cannot. */
  private Schema evolved(Schema schema, Map<String, Schema> done) {
    switch (schema.getType()) {
      case INT:
        return Schema.create(List.of(Schema.Type.INT, Schema.Type.LONG, Schema.Type.FLOAT, Schema.Type.DOUBLE).get(random.nextInt(4)));
      case LONG:
        return Schema.create(List.of(Schema.Type.LONG, Schema.Type.LONG, Schema.Type.DOUBLE).get(random.nextInt(3)));
      case FLOAT:
        return Schema.create(random.nextBoolean() ? Schema.Type.FLOAT : Schema.Type.DOUBLE);
      case STRING:
        return random.nextInt(30) == 0 ? Schema.create(Schema.Type.INT) : schema;
      case ENUM: {
        if (done.containsKey(schema.getFullName())) return done.get(schema.getFullName());
        List<String> symbols = new ArrayList<>(schema.getEnumSymbols());
        if (random.nextInt(3) == 0) symbols.add(0, "NEW");
        if (symbols.size() > 1 && random.nextInt(3) == 0) symbols.remove(symbols.size() - 1);
        Schema made = Schema.createEnum(schema.getName(), null, schema.getNamespace(), symbols, random.nextBoolean() ? symbols.get(0) : null);
        done.put(schema.getFullName(), made);
        return made;
      }
      case ARRAY:
        return Schema.createArray(evolved(schema.getElementType(), done));
      case MAP:
        return Schema.createMap(evolved(schema.getValueType(), done));
      case UNION: {
        List<Schema> branches = new ArrayList<>();
        for (Schema branch : schema.getTypes()) branches.add(evolved(branch, done));
        java.util.Collections.shuffle(branches, random);
        try {
          return Schema.createUnion(branches);
        } catch (AvroRuntimeException duplicate) {
          return schema;
        }
      }
      case RECORD: {
        if (done.containsKey(schema.getFullName())) return done.get(schema.getFullName());
        Schema record = Schema.createRecord(schema.getName(), null, schema.getNamespace(), false);
        done.put(schema.getFullName(), record);
        List<Schema.Field> fields = new ArrayList<>();
        for (Schema.Field field : schema.getFields()) {
          if (random.nextInt(6) == 0) continue;
          Schema type = evolved(field.schema(), done);
          boolean isWrapped = type.getType() != Schema.Type.UNION && type.getType() != Schema.Type.NULL && random.nextInt(8) == 0;
          fields.add(new Schema.Field(field.name(), isWrapped ? Schema.createUnion(Schema.create(Schema.Type.NULL), type) : type, null, (Object) null));
        }
        if (random.nextInt(3) == 0) fields.add(random.nextInt(fields.size() + 1), new Schema.Field("added", plain("STRING"), null, "x"));
        if (random.nextInt(4) == 0) fields.add(new Schema.Field("more", Schema.createArray(plain("LONG")), null, List.of(1L, 2L)));
        record.setFields(fields);
        return record;
      }
      default:
        return schema;
    }
  }

  private static Schema plain(String type) {
    return Schema.create(Schema.Type.valueOf(type));
  }
}
