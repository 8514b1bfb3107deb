//! A library's loss by its own constructor call: from the keywords of a class to the choices of an [`Objective`].

use super::call::{Arguments, Call, unknown};
use super::presets::{keras, monai, nnunet, smp};
use super::recipe::{Class, Given, Recipe};
use crate::error::{CallError, Error};

type Result<T, E = CallError> = std::result::Result<T, E>;

/// The loss that a constructor call of MONAI, segmentation_models.pytorch, Keras or nnU-Net makes, with the keywords and the
/// defaults of its class: `monai.DiceCELoss(softmax=True, weight=[0.2, 0.3, 0.5])`.
///
/// `LIB[@VERSION][.path].Class(...)`: the path is not looked at, so `monai.losses.DiceLoss`, `smp.losses.DiceLoss`,
/// `segmentation_models_pytorch.losses.DiceLoss`, `tf.keras.losses.Dice` and `nnunetv2.training.loss.dice.SoftDiceLoss` are
/// read as they stand in a program. Values are Python literals; positions stand for the keywords of the class in its order.
///
/// ```
/// use voxdice::metric::{Loss, Whose};
/// use voxdice::{Engine, EngineOptions, Operands, Pair, Shape, Volume};
/// let call = Loss::from_call("monai.losses.DiceLoss(sigmoid=True, smooth_nr=1, smooth_dr=1)")?;
/// let shape = Shape::new(1, 1, [2])?;
/// let (x, t) = ([0.0f32, 0.0], [1.0f32, 0.0]);
/// let operands = Operands::new(Pair { pred: Volume::f32(shape.clone(), &x)?, truth: Volume::f32(shape, &t)? });
/// let found = call.evaluate(&Engine::new(&EngineOptions::default())?, operands, Whose::Ours)?;
/// assert_eq!((found.values, found.shape), (vec![1.0 - 2.0 / 3.0], vec![]));
/// assert!(Loss::from_call("monai.DiceLoss(smoth_nr=1)").unwrap_err().to_string().contains("did you mean smooth_nr?"));
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LossCall {
    text: String,
    call: Call,
    library: Library,
    class: &'static Class,
}

/// The libraries whose losses are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Library {
    /// MONAI 1.6.1.
    Monai,
    /// segmentation_models.pytorch 0.6.0.
    Smp,
    /// Keras 3.15.1, or the main branch after it.
    Keras,
    /// nnU-Net 2.8.1.
    NnUnet,
}

/// Which number to return where the library's is known to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Whose {
    /// The right one.
    #[default]
    Ours,
    /// The library's.
    Library,
}

impl Library {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Monai, Self::Smp, Self::Keras, Self::NnUnet];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monai => "monai",
            Self::Smp => "smp",
            Self::Keras => "keras",
            Self::NnUnet => "nnunet",
        }
    }

    /// The version that is meant without another.
    pub fn version(self) -> &'static str {
        match self {
            Self::Monai => "1.6.1",
            Self::Smp => "0.6.0",
            Self::Keras => "3.15.1",
            Self::NnUnet => "2.8.1",
        }
    }

    fn of(name: &str) -> Option<Self> {
        match name {
            "monai" => Some(Self::Monai),
            "smp" | "segmentation_models_pytorch" => Some(Self::Smp),
            "keras" | "tf" | "tensorflow" => Some(Self::Keras),
            "nnunet" | "nnunetv2" => Some(Self::NnUnet),
            _ => None,
        }
    }

    fn class_list(self) -> &'static [Class] {
        match self {
            Self::Monai => &monai::CLASSES,
            Self::Smp => &smp::CLASSES,
            Self::Keras => &keras::CLASSES,
            Self::NnUnet => &nnunet::CLASSES,
        }
    }

    /// The classes that are known.
    ///
    /// ```
    /// use voxdice::metric::Library;
    /// assert!(Library::Smp.classes().contains(&"TverskyLoss"));
    /// ```
    pub fn classes(self) -> Vec<&'static str> {
        self.class_list().iter().map(|class| class.name).collect()
    }
}

impl super::Loss {
    /// The loss that a library's constructor call makes; see [`LossCall`].
    ///
    /// # Errors
    /// [`Error::Call`] for a text that is not such a call, for a class or a keyword that the library does not have
    /// (with a list of those it has), and for an unknown version.
    pub fn from_call(call: &str) -> Result<LossCall, Error> {
        LossCall::parse(call).map_err(|error| in_characters(error, call))
    }
}

/// The parser counts bytes; errors count characters.
fn in_characters(error: CallError, text: &str) -> Error {
    let at = text.get(..error.at).map_or(error.at, |before| before.chars().count());
    CallError { at, ..error }.into()
}

impl LossCall {
    fn parse(text: &str) -> Result<Self> {
        let call = Call::parse(text)?;
        let Some(library) = Library::of(&call.library) else {
            let known = Library::ALL.map(Library::name);
            return Err(CallError { at: 0, fact: format!("there is no library {}", unknown(&call.library, &known)) });
        };
        let mut versions = vec![library.version()];
        if library == Library::Keras {
            versions.push("main");
        }
        if let Some(version) = call.version.as_deref().filter(|version| !versions.contains(version)) {
            let fact = format!("{} {version} is not known; known are {}", library.name(), versions.join(", "));
            return Err(CallError { at: 0, fact });
        }
        let (at, name) = &call.class;
        let Some(class) = library.class_list().iter().find(|class| class.name == name) else {
            let fact = format!("{} has no class {}", library.name(), unknown(name, &library.classes()));
            return Err(CallError { at: *at, fact });
        };
        let found = Self { text: text.into(), call, library, class };
        found.arguments()?;
        Ok(found)
    }

    fn arguments(&self) -> Result<Arguments<'_>> {
        Arguments::bind(self.class.name, self.call.class.0, self.class.keywords, &self.call.arguments)
    }

    /// The library of the class.
    pub fn library(&self) -> Library {
        self.library
    }

    /// The version of the library.
    pub fn version(&self) -> &str {
        self.call.version.as_deref().unwrap_or(self.library.version())
    }

    /// The name of the class.
    pub fn class(&self) -> &'static str {
        self.class.name
    }

    /// The keywords of the class, with their values, that make probabilities of logits.
    #[cfg(feature = "cli")]
    pub(crate) fn activations(&self) -> Vec<&'static str> {
        let all = ["sigmoid=True", "softmax=True", "from_logits=True", "apply_nonlin=softmax"];
        let known =
            |text: &&str| text.split_once('=').is_some_and(|(keyword, _)| self.class.keywords.contains(&keyword));
        all.into_iter().filter(known).collect()
    }

    /// Whether the class has its channels last.
    pub fn channels_last(&self) -> bool {
        self.library == Library::Keras && !self.arguments().is_ok_and(|arguments| keras::channels_first(&arguments))
    }

    /// The ignored value of the truth, if any: the default of the class where the call does not say.
    pub fn ignored(&self) -> Option<i64> {
        let arguments = self.arguments().ok()?;
        let given = ["ignore_index", "ignore_label", "ignore_class"].into_iter().find(|k| arguments.is_given(k));
        match given {
            Some(keyword) => arguments.whole(keyword).ok()?,
            None if self.library == Library::Smp => smp::ignored_unless_told(self.class.name),
            None => None,
        }
    }

    /// The choices of the call for these volumes.
    ///
    /// # Errors
    /// [`Error::Call`] for values of keywords that the class does not take, alone or for these volumes.
    ///
    /// ```
    /// use voxdice::metric::{Given, Ignore, Loss};
    /// let given = Given::new(2, 3, vec![8, 8]).with_labels();
    /// let recipe = Loss::from_call("monai.DiceCELoss(softmax=True, lambda_ce=0.5)")?.recipe(&given)?;
    /// assert_eq!((recipe.terms.len(), recipe.terms[1].factor, recipe.ignore), (2, 0.5, Ignore::Nothing));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    pub fn recipe(&self, given: &Given) -> Result<Recipe, Error> {
        let given = Given { newer: self.version() != self.library.version(), ..given.clone() };
        let recipe = self.arguments().and_then(|arguments| (self.class.make)(&arguments, &given));
        recipe.map_err(|error| in_characters(error, &self.text))
    }
}
