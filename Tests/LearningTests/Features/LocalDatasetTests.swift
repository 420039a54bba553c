import Testing

@testable import Learning

@Suite struct LocalDatasetTests {
    private static let text = """
        id,age,sex,y
        11,63,m,1
        12,,f,0
        13,41,?,1
        14,50.5,x,0
        15,37,f,
        16, 29 ,"m",0

        """

    private static func prepared() throws -> (schema: DatasetSchema, layout: FeatureLayout) {
        let schema = try inspect(
            text, label: "y", kinds: [("sex", .categorical), ("id", .identifier)]
        ).schema
        return (schema, try FeatureLayout(commonTo: [Self.schema(["f", "m"]), schema]))
    }

    private static func schema(_ categories: [String]) -> DatasetSchema {
        LearningTests.schema([("age", .numeric), ("sex", .categorical(categories))])
    }

    @Test("Numbers and categories become inputs; missing is NaN or all zeros")
    func inputs() throws {
        let schema = try Self.prepared().schema
        let layout = try FeatureLayout(commonTo: [Self.schema(["f", "m"])])
        let dataset = try load(Self.text, schema: schema, layout: layout)
        let rows = (0..<dataset.training.count).map { Array(dataset.training.inputs[$0]) }
        #expect(
            rows.map { $0.map { $0.isNaN ? -1 : $0 } } == [
                [63, 0, 1], [-1, 1, 0], [41, 0, 0], [50.5, 0, 0], [29, 0, 1],
            ])
        #expect(dataset.training.labels == [1, 0, 1, 0, 0])
        #expect(dataset.holdout.count == 0)
        #expect(
            dataset.report
                == .init(rowCount: 6, unlabelledRowCount: 1, unknownCategoryCounts: ["sex": 1]))
    }

    @Test(
        "Held-out rows are not trained on, and rows without a label do not move others",
        arguments: 0..<20)
    func splitOfLoadedRows(salt: Int) throws {
        // The fifth row has no label; the sixth keeps its number all the same.
        let text = "x,y\n0,1\n1,0\n2,1\n3,0\n4,\n5,0\n6,0\n7,1\n"
        let schema = LearningTests.schema(
            [("x", .numeric), ("y", .label)],
            label: LabelRule(column: "y", classes: .compared(.above, 0)))
        let layout = try FeatureLayout(commonTo: [schema])
        let split = try #require(HoldoutSplit(perMille: 400, salt: "\(salt)"))
        let dataset = try load(text, schema: schema, layout: layout, split: split)
        let numbers: [UInt64] = [0, 1, 2, 3, 5, 6, 7]
        let expected = split.split(labels: [1, 0, 1, 0, 0, 0, 1], numbers: numbers)
        #expect(dataset.holdout.inputs.values == expected.holdout.map { Float(numbers[Int($0)]) })
        #expect(dataset.training.inputs.values == expected.training.map { Float(numbers[Int($0)]) })

        let all = try load(text, schema: schema, layout: layout, split: .all)
        #expect(all.training.count == 0)
        #expect(all.holdout.count == 7)
    }

    @Test("A numeric code is found among categories, however it is spelt")
    func numericCategories() throws {
        let schema = LearningTests.schema(
            [("c", .numeric), ("y", .label)],
            label: LabelRule(column: "y", classes: .compared(.above, 0)))
        let layout = try FeatureLayout(
            commonTo: [LearningTests.schema([("c", .categorical(["1", "2"]))])])
        let dataset = try load("c,y\n1.0,0\n2,1\n1,1\n3,0\n", schema: schema, layout: layout)
        #expect(
            (0..<4).map { Array(dataset.training.inputs[$0]) } == [
                [1, 0], [0, 1], [1, 0], [0, 0],
            ])
    }

    @Test("A file whose rows have changed since it was registered is refused")
    func commitment() throws {
        let (schema, layout) = try Self.prepared()
        let salt = try #require(CommitmentSalt(Array(0..<32)))
        let commitment = try #require(
            try DatasetInspection.inspect(reader(Self.text), options: .init(), salt: salt)
                .commitment)
        let registration = LocalDataset.Registration(commitment: commitment, salt: salt)
        #expect(throws: Never.self) {
            try load(Self.text, schema: schema, layout: layout, registration: registration)
        }
        expect(.commitmentDiffers, "test.csv: the rows are not those of the registered commitment")
        {
            _ = try load(
                Self.text.replacing("63", with: "64"), schema: schema, layout: layout,
                registration: registration)
        }
    }

    @Test("What does not fit the schema is refused with its place")
    func misfits() throws {
        let (schema, layout) = try Self.prepared()
        expect(
            .notANumber,
            "test.csv, line 2, column 2 (age): old is not a number; correct it, or leave"
        ) {
            _ = try load("id,age,sex,y\n1,old,m,1\n", schema: schema, layout: layout)
        }
        expect(.numberTooLarge, "test.csv, line 2, column 2 (age): 1e39 is beyond") {
            _ = try load(
                "id,age,sex,y\n1,1e39,m,1\n", schema: schema,
                layout: layout)
        }
        expect(
            .labelUnknown,
            "test.csv, line 2, column 4 (y): the label 2 is not one of the registered rule, y is 1"
        ) {
            _ = try load("id,age,sex,y\n1,5,m,2\n", schema: schema, layout: layout)
        }
        expect(
            .schemaDiffers,
            "test.csv, column 2 (years): the columns differ (registered and missing: age; "
                + "not registered: years)"
        ) {
            _ = try load("id,years,sex,y\n1,5,m,1\n", schema: schema, layout: layout)
        }
        expect(.schemaDiffers, "the columns differ (registered and missing: y)") {
            _ = try load("id,age,sex\n1,5,m\n", schema: schema, layout: layout)
        }
        expect(.labelNeeded, "the label is missing in every row") {
            _ = try load("id,age,sex,y\n1,5,m,\n", schema: schema, layout: layout)
        }
        expect(.labelNeeded, "the dataset is registered without a label") {
            _ = try load(Self.text, schema: inspect(Self.text).schema, layout: layout)
        }
        expect(.layoutDiffers, "the dataset has no column height") {
            _ = try load(
                Self.text, schema: schema,
                layout: FeatureLayout(commonTo: [LearningTests.schema([("height", .numeric)])]))
        }
    }

    @Test("A file is read from the disk")
    func fileOnDisk() throws {
        let path = RepositoryFiles.breastCancer("north-hospital")
        let inspection = try DatasetInspection.inspect(
            path: path,
            options: .init(
                label: ColumnReference("diagnosis"), positive: PositiveClass(parsing: "M")))
        let layout = try FeatureLayout(commonTo: [inspection.schema])
        let dataset = try LocalDataset.load(
            path: path, schema: inspection.schema, layout: layout, split: .none)
        #expect(layout.width == 30)
        #expect(dataset.training.count == 190)
        #expect(dataset.training.labels.reduce(0, +) == 72)
    }
}

func load(
    _ text: String, schema: DatasetSchema, layout: FeatureLayout, split: HoldoutSplit = .none,
    registration: LocalDataset.Registration? = nil
) throws -> LocalDataset {
    try LocalDataset.load(
        reader(text), schema: schema, layout: layout, split: split, registration: registration)
}
