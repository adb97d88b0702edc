/// <summary>Keeps settings of part #1.</summary>
public sealed class Settings#1
{
    private readonly Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);

    public string? this[string name] => values.TryGetValue(name, out var value) ? value : null;

    public static Settings#1 Load(string path)
    {
        var settings = new Settings#1();
        foreach (var line in File.ReadLines(path))
        {
            var parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length != 2 || parts[0].StartsWith("#"))
            {
                continue;
            }
            settings.values[parts[0]] = parts[1];
        }
        return settings;
    }

    public async Task<int> CountAsync(Func<string, Task<bool>> holds, CancellationToken stop = default)
    {
        var count = 0;
        foreach (var (name, value) in values.OrderBy(entry => entry.Key).Take(#2))
        {
            stop.ThrowIfCancellationRequested();
            count += await holds($"{name}={value ?? "#3"}") ? 1 : 0;
        }
        return count;
    }
}

