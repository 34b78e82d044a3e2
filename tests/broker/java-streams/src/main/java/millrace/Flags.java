package millrace;

import java.util.HashMap;
import java.util.Map;

/** Command line flags of the form {@code --name value}. */
final class Flags {
  private final Map<String, String> values = new HashMap<>();

  Flags(String[] args) {
    for (int i = 0; i + 1 < args.length; i += 2) values.put(args[i].substring(2), args[i + 1]);
  }

  String get(String name) {
    String value = values.get(name);
    if (value == null) throw new IllegalArgumentException("--" + name + " is missing");
    return value;
  }
}
