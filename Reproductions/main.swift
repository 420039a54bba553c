import Encodings
import Foundation

do throws(ReproduceArguments.Mistake) {
    try reproduce(ReproduceArguments(Array(CommandLine.arguments.dropFirst())))
} catch {
    Progress.say("\(error)")
    exit(64)
}

/// Runs what is asked for; ends the program where that fails, or where a figure is not what the page
/// says of it.
func reproduce(_ arguments: ReproduceArguments) {
    do {
        let data = try ReferenceData.find()
        var results: [ReproducedResult] = []
        // Each as soon as it is there: all of them take an hour.
        func publish(_ result: ReproducedResult) throws {
            guard let folder = arguments.folder else { return }
            try ResultsPage(folder: URL(filePath: folder)).write(result)
        }
        for name in arguments.names {
            switch name {
            case .heart:
                results.append(
                    try HeartReproduction(reading: data).result(seeds: arguments.seeds))
            case .mnist:
                results.append(
                    try DigitsReproduction(reading: data).result(
                        seeds: arguments.seeds, report: publish))
            case .compression:
                results.append(
                    try CompressionReproduction(reading: data).result(seeds: arguments.seeds))
            case .credit:
                results.append(
                    try CreditReproduction(reading: data).result(seeds: arguments.seeds))
            }
            if let result = results.last { try publish(result) }
        }
        if arguments.isJSON {
            print(JSONValue.array(results.map(\.json)).canonicalText)
        } else {
            for result in results { print("## \(result.name)\n\n\(result.markdown)\n") }
        }
        // Last: what came out is written, whatever it is.
        if arguments.areSeedsOfPage, let missed = results.missed {
            Progress.say("reproduce: \(missed)")
            exit(1)
        }
    } catch {
        Progress.say("reproduce: \(error)")
        exit(1)
    }
}
